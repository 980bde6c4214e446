"""What autograd keeps for backward: operations that save their output or input, and who overwrites it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block, Load
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.autograd import is_on_graph, operation
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.modules import has_state
from ml_lsp.semantics.torch.objects import last_name
from ml_lsp.semantics.torch.writes import Write, below_views, held_value
from ml_lsp.semantics.values import Const, Either, Param, Ref, Result, Value

# Where layers take `inplace` by position, if not first.
_FLAG_POSITIONS = {"torch.nn.LeakyReLU": 1, "torch.nn.ELU": 1, "torch.nn.CELU": 1, "torch.nn.Hardtanh": 2}
_SPLITS = frozenset({"split", "chunk", "unbind", "tensor_split", "split_with_sizes"})


def saving_output(write: Write, operations: Collection[str]) -> str:
    """The operation, as written, whose saved output a write changes; empty if there is none for certain."""
    value, scope = held_value(write), write.scope
    if not isinstance(value, Result) or value.site is None or not isinstance(value.site.node, ast.Call):
        return ""
    if operation(scope, value.callee) not in operations or not is_on_graph(scope, value):
        return ""
    return value.site.scope.text(value.site.node.func)


def saving_input(write: Write, operations: Collection[str]) -> str:
    """The operation, as written, that has saved its input, which a write then changes; empty if none has."""
    if not isinstance(write.root, ast.Name) or isinstance(write.value, Either) or _refills_cache(write):
        return ""
    if _is_split(write.value):
        return ""
    scope = write.scope
    here = scope.flow.loads.get(write.root)
    for load in _earlier_reads(write, here) if here is not None else ():
        op = _saver(scope, load.node, operations)
        if op:
            return op
    return ""


def _is_split(value: Value) -> bool:
    """Whether it is a tuple of tensors, whose slots hold them and are none of their memory."""
    return isinstance(value, Result) and last_name(value.callee) in _SPLITS


def _refills_cache(write: Write) -> bool:
    """Whether a tensor that the function is given gets new contents as a whole: a cache, at inference."""
    node = write.node
    copies = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "copy_"
    return copies and isinstance(write.value, Param)


def _earlier_reads(write: Write, here: Load) -> Iterator[Load]:
    """The places that certainly read the same tensor under the same name before a write."""
    for load in write.scope.flow.loads_of.get(here.node.id, ()):
        same = load.definitions == here.definitions and load.maybe_unbound == here.maybe_unbound
        if same and load is not here and load.order < write.order and write.block.inside(load.block):
            yield load


def _saver(scope: Scope, node: ast.Name, operations: Collection[str]) -> str:
    """The operation that saves what a name holds where it is read."""
    statement = scope.statement_of(node)
    for parent in ast.walk(statement) if statement is not None else ():
        match parent:
            case ast.Call(func=func, args=[first, *_]) if below_views(first) is node:
                if _saves_argument(scope, parent, operations):
                    return scope.text(func)
            case ast.Call(func=ast.Attribute(value=owner, attr=name)) if below_views(owner) is node:
                if name in operations and is_on_graph(scope, scope.value(node)):
                    return scope.text(parent.func)
            case ast.BinOp() if node in (parent.left, parent.right) and _keeps_operand(scope, parent, node):
                return scope.text(parent)
    return ""


def _saves_argument(scope: Scope, call: ast.Call, operations: Collection[str]) -> bool:
    callee = scope.value(call.func)
    if operation(scope, callee) not in operations:
        return False
    trained = not isinstance(callee, Ref) and has_state(scope, callee)
    return trained or is_on_graph(scope, scope.value(call.args[0]))


def _keeps_operand(scope: Scope, node: ast.BinOp, operand: ast.Name) -> bool:
    """Whether a product, quotient or power keeps an operand: for the sake of the other's gradient."""
    other = node.right if operand is node.left else node.left
    match node.op:
        case ast.Mult() | ast.MatMult():
            return is_on_graph(scope, scope.value(other))
        case ast.Div():
            needing = other if operand is node.left else operand
            return is_on_graph(scope, scope.value(needing))
        case ast.Pow():
            plain = operand is node.left and scope.value(other) not in (Const(0), Const(1))
            return plain and is_on_graph(scope, scope.value(operand))
    return False


def overwritten_input(call: Call, activations: Collection[str]) -> tuple[Call, ast.expr] | None:
    """The argument `inplace=True` of an activation whose input and output are both read later.

    With the call that holds it: the activation itself, or the construction of the layer.
    """
    scope = call.scope
    if len(call.node.args) != 1 or not isinstance(call.node.args[0], ast.Name):
        return None
    if not scope.inquiry.may_use(activations) or not _is_used(call):
        return None
    found = _in_place(call, activations)
    if found is None:
        return None
    load = scope.flow.loads.get(call.node.args[0])
    if load is None or not _is_read_after(call, load) or not is_on_graph(scope, scope.value(load.node)):
        return None
    return found


def _in_place(call: Call, activations: Collection[str]) -> tuple[Call, ast.expr] | None:
    if call.name is not None:
        flag = call.argument(None, "inplace") if call.name in activations else None
        return (call, flag) if flag is not None and call.scope.value(flag) == Const(True) else None
    made = constructions(call.scope, call.callee)
    site = made[0].site if len(made) == 1 else None
    layer = site.scope.call_of(site.node) if site is not None else None
    if layer is None or layer.name not in activations:
        return None
    flag = layer.argument(_FLAG_POSITIONS.get(str(layer.name), 0), "inplace")
    return (layer, flag) if flag is not None and layer.scope.value(flag) == Const(True) else None


def _is_used(call: Call) -> bool:
    """Whether the result of a call gets a name of its own, or goes straight into something else."""
    statement = call.scope.statement_of(call.node)
    match statement:
        case ast.Expr(value=value):
            return value is not call.node
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call.node:
            argument = call.node.args[0]
            return isinstance(argument, ast.Name) and argument.id != name
    return statement is not None


def _is_read_after(call: Call, load: Load) -> bool:
    return any(
        later.order > call.order
        and set(later.definitions) & set(load.definitions)
        and not _exclude_each_other(later.block, call.block)
        for later in call.scope.flow.loads_of.get(load.node.id, ())
    )


def _exclude_each_other(one: Block, other: Block) -> bool:
    """Whether two blocks are different branches of one statement."""
    arms = {id(block.node): block.arm for block in one.chain() if isinstance(block.node, ast.If | ast.Match)}
    return any(
        arms.get(id(block.node), block.arm) != block.arm
        for block in other.chain()
        if isinstance(block.node, ast.If | ast.Match)
    )
