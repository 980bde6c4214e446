"""See rules/torch/reshape-used-as-transpose.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import in_brackets_where_needed, replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.torch.objects import last_name
from ml_lsp.semantics.values import Attr, Const, Item, Result, Value, identity


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a reshape to the sizes of the same tensor in another order."""
    scope, args = call.scope, list(call.node.args)
    if call.node.keywords or not args or any(isinstance(arg, ast.Constant | ast.UnaryOp) for arg in args):
        return  # a size that is written out is none of the tensor's
    is_function = call.name == "torch.reshape"
    if isinstance(call.callee, Attr) == is_function:
        return
    tensor = args.pop(0) if is_function else getattr(call.node.func, "value", None)
    if len(args) == 1 and isinstance(args[0], ast.Tuple | ast.List):
        args = args[0].elts
    if not isinstance(tensor, ast.expr) or len(args) < 2:
        return
    shaped = scope.value(tensor)
    if isinstance(shaped, Result) and last_name(shaped.callee) == "pad":
        return  # the skew of relative attention: a column more, read in rows of another length
    order = [_size_of(shaped, scope.value(arg)) for arg in args]
    is_permuted = sorted(index for index in order if index is not None) == list(range(len(args))) != order
    if is_permuted and not _loses_its_start(call):  # the same skew, with a column less
        dimensions = ", ".join(map(str, order))
        text = f"{in_brackets_where_needed(scope, tensor, None)}.permute({dimensions})"
        edits = [replace_node(scope, call.node, text)]
        method = "reshape" if is_function else call.method
        yield rule.finding(call.span, edits=edits, method=method, permute=f"permute({dimensions})")


def _loses_its_start(call: Call) -> bool:
    """Whether the result is read without its first rows or columns: `x[1:]`, `x[:, :, shift:]`."""
    scope = call.scope
    statement = scope.statement_of(call.node)
    reads = (
        load.node
        for loads in scope.flow.loads_of.values()
        for load in loads
        if any(
            definition.node is statement and definition.value is call.node for definition in load.definitions
        )
    )
    return any(_is_cut(scope.tree.parent(node), node) for node in (call.node, *reads))


def _is_cut(around: ast.AST | None, node: ast.AST) -> bool:
    if not isinstance(around, ast.Subscript) or around.value is not node:
        return False
    parts = around.slice.elts if isinstance(around.slice, ast.Tuple) else [around.slice]
    return any(isinstance(part, ast.Slice) and part.lower is not None for part in parts)


def _size_of(shaped: Value, value: Value) -> int | None:
    """Which dimension of a tensor a number is the size of: `x.size(1)`, a name unpacked from `x.shape`."""
    match value:
        case Item(Attr(owner, "shape"), Const(int() as index)):
            pass
        case Item(Result(Attr(owner, "size"), ()), Const(int() as index)):
            pass
        case Result(Attr(owner, "size"), (Const(int() as index),)):
            pass
        case _:
            return None
    return index if index >= 0 and identity(owner) == identity(shaped) else None
