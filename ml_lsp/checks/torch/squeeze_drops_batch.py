"""See rules/torch/squeeze-drops-batch.yaml."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.body import Loop, is_loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.activations import makers
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.layers import number
from ml_lsp.semantics.torch.losses import LossCall, loss_call
from ml_lsp.semantics.torch.schedules import is_batch_loop
from ml_lsp.semantics.values import Attr, Const, Ref, Result, Value, identity


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a squeeze of all dimensions between a model with one output and a loss."""
    tensor = _squeezed(call)
    if tensor is None or not _runs_on_batches(call) or is_test_code(call.scope):
        return
    losses = (loss_call(other, rule.data["losses"]) for other in call.scope.calls)
    compared = any(loss is not None and _is_input(call, loss) for loss in losses)
    if not compared and not _is_joined(call, rule.data["joins"]):
        return
    if _has_one_output(call, call.scope.value(tensor)):
        yield rule.finding(call.span, edits=[add_argument(call, "-1")])


def _squeezed(call: Call) -> ast.expr | None:
    """What a call without a dimension squeezes."""
    if call.node.keywords:
        return None
    if call.name == "torch.squeeze":
        return call.node.args[0] if len(call.node.args) == 1 else None
    return call.node.func.value if isinstance(call.node.func, ast.Attribute) and not call.node.args else None


def _runs_on_batches(call: Call) -> bool:
    """Whether the innermost loop runs over a loader that may yield a batch of one at its end."""
    loop = next((block.node for block in call.block.chain() if is_loop(block.node)), None)
    if not isinstance(loop, ast.For) or not is_batch_loop(Loop(call.scope, loop)):
        return False
    made = constructions(call.scope, Loop(call.scope, loop).iterable)
    return all(
        one.keyword("drop_last") in (None, Const(False))
        and one.argument(1, "batch_size") not in (None, Const(1))
        for one in made
    )


def _is_input(call: Call, loss: LossCall) -> bool:
    """Whether a loss takes the squeezed tensor, and a target that is not squeezed as well."""
    if identity(loss.call.scope.value(loss.input)) != identity(call.value):
        return False
    target = loss.call.argument_value(1, "target")
    return target is not None and not _is_squeezed(target)


def _is_joined(call: Call, joins: Collection[str]) -> bool:
    """Whether the squeezed tensor goes into a list that is concatenated afterwards."""
    scope = call.scope
    for other in scope.calls:
        match other.node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[item]):
                if _moved(scope.value(item)) == call.node and any(
                    one.name in joins and isinstance(given, ast.Name) and given.id == name
                    for one in scope.calls
                    for given in one.node.args[:1]
                ):
                    return True
    return False


def _moved(value: Value) -> ast.AST | None:
    """Where a tensor below `.cpu()` and the like was made."""
    while isinstance(value, Result) and isinstance(value.callee, Attr) and value.callee.name in _MOVES:
        value = value.callee.owner
    return value.site.node if value.site is not None else None


_MOVES = frozenset({"cpu", "detach", "numpy", "cuda", "to", "float", "clone", "sigmoid"})


def _is_squeezed(target: Value) -> bool:
    match target:
        case Result(Attr(owner, name)):
            return name in ("squeeze", "view", "flatten", "reshape") or _is_squeezed(owner)
        case Result(Ref("torch.squeeze")):
            return True
    return False


_ACTIVATIONS = (
    "torch.sigmoid",
    ".sigmoid",
    "torch.nn.Sigmoid",
    "torch.tanh",
    "torch.relu",
    "torch.nn.functional.relu",
)


def _has_one_output(call: Call, value: Value) -> bool:
    """Whether a tensor certainly comes out of a linear layer with one output, activated or not."""
    found = makers(call.scope, value)
    return bool(found) and all(_is_single(maker.name, maker.layer, maker.applied) for maker in found)


def _is_single(name: str, layer: Result | None, applied: Result | None) -> bool:
    if name == "torch.nn.Linear" and layer is not None and layer.site is not None:
        return number(layer.site.scope, layer.argument(1, "out_features")) == 1
    if name in _ACTIVATIONS and applied is not None and applied.site is not None:
        scope = applied.site.scope
        fed = applied.args[0] if applied.args else getattr(applied.callee, "owner", None)
        inner = makers(scope, fed) if fed is not None else ()
        return bool(inner) and all(_is_single(one.name, one.layer, None) for one in inner)
    return False
