"""See rules/torch/softmax-dim.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument, replace_node
from ml_lsp.semantics import library
from ml_lsp.semantics.body import Loop, is_loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.activations import makers, sequential_layers
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.objects import enclosing_class, is_module
from ml_lsp.semantics.torch.schedules import is_batch_loop
from ml_lsp.semantics.values import Attr, Ref, Result, Value, identity, options
from ml_lsp.text import Edit

_LINEAR = "torch.nn.Linear"
_KEYWORDS = ("input", "dim", "dtype", "_stacklevel")


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a softmax that states no dimension, and one over the batch."""
    data, name = rule.data, call.name or ""
    positions = {**data["layers"], **data["functions"]}
    if not all(keyword.arg in (None, *_KEYWORDS) for keyword in call.node.keywords):
        return  # another function's, or misspelt: that raises
    if name in positions and call.lacks(positions[name], "dim"):
        message = data["messages"]["implicit"].format(name=name.rpartition(".")[2])
        yield rule.finding(call.span, edits=_stated(call, rule), message=message)
        return
    position = {**positions, **data["explicit"]}.get(
        name, 0 if call.method in ("softmax", "log_softmax") else -1
    )
    if position < 0 or call.constant(position, "dim") != 0:
        return
    over_batch = _ends_model(call) if name in data["layers"] else _takes_a_batch(call, position)
    node = call.argument(position, "dim")
    if over_batch and node is not None:
        edits = [replace_node(call.scope, node, "-1")]
        yield rule.finding(call.span, edits=edits, message=data["messages"]["batch"])


def _stated(call: Call, rule: Rule) -> list[Edit]:
    """`dim=-1` where the input is certainly what a linear layer gives."""
    fed = call.argument(0, "input") if call.name in rule.data["functions"] else None
    if call.has_unpacking:
        return []
    linear = _is_linear(call.scope, call.scope.value(fed)) if fed is not None else _ends_model(call)
    return [add_argument(call, "dim=-1")] if linear else []


def _ends_model(call: Call) -> bool:
    """Whether a layer is what a Sequential or a `forward` ends with, right behind a linear layer."""
    owner = enclosing_class(call.scope)
    forward = owner.method("forward") if owner is not None and owner.is_a(library.MODULE) else None
    for option in options(forward.returned) if forward is not None else ():
        if (
            isinstance(option, Result)
            and isinstance(option.callee, Attr)
            and option.args
            and forward is not None
        ):
            made = constructions(forward, option.callee)
            same = len(made) == 1 and made[0].site is not None and made[0].site.node is call.node
            if same and _is_linear(forward, option.args[0]):
                return True
    return _ends_sequential(call)


def _ends_sequential(call: Call) -> bool:
    """Whether a layer is the last one of a Sequential, right behind a linear one."""
    for other in call.scope.calls:
        value = other.value
        if other.name == "torch.nn.Sequential" and isinstance(value, Result):
            layers = sequential_layers(value) or ()
            if len(layers) > 1 and layers[-1].site is not None and layers[-1].site.node is call.node:
                before = layers[-2]
                return isinstance(before, Result) and before.callee == Ref(_LINEAR)
    return False


def _is_linear(scope: Scope, value: Value) -> bool:
    found = makers(scope, value)
    return bool(found) and all(maker.name == _LINEAR for maker in found)


def _takes_a_batch(call: Call, position: int) -> bool:
    """Whether what is normalised is a batch: what `forward` returns, or a model's output in a loop."""
    fed = call.argument(0, "input") if position == 1 else getattr(call.node.func, "value", None)
    if not isinstance(fed, ast.expr):
        return False
    value, owner = call.scope.value(fed), enclosing_class(call.scope)
    if call.scope.name == "forward" and owner is not None and owner.is_a(library.MODULE):
        returned = {identity(option) for option in options(call.scope.returned)}
        return (
            identity(call.value) in returned and isinstance(value, Result) and _is_linear(call.scope, value)
        )
    loops = [block.node for block in call.block.chain() if is_loop(block.node)]
    if not loops or not isinstance(loops[0], ast.For) or not is_batch_loop(Loop(call.scope, loops[0])):
        return False
    return isinstance(value, Result) and is_module(call.scope, value.callee) and value.keywords == ()
