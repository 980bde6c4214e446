"""What happens each time a module is called: its `forward` and the methods that only `forward` uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block, own_nodes
from ml_lsp.semantics.reach import callers
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.signatures import default_of
from ml_lsp.semantics.torch.objects import enclosing_class, unwrapped
from ml_lsp.semantics.values import Param, Value, options

_TRAINING_NAMES = frozenset({
    "training", "train", "is_training", "is_train", "istrain", "deterministic", "inference", "eval",
    "is_eval", "is_inference", "train_mode", "mode", "testing", "test", "always", "mc", "mc_dropout",
})  # fmt: skip


def runs_at_each_call(scope: Scope) -> bool:
    """Whether a scope is the forward of a module, or a method of it that only forward is seen to call."""
    owner = scope.owner
    if scope.name == "__init__" or owner is None or not owner.is_a(library.MODULE):
        return False
    if scope.name in ("forward", "__call__"):
        return True
    found = callers(scope)
    return bool(found) and all(
        call.scope is not scope and call.scope.name in ("forward", "__call__") and call.scope.owner is owner
        for call in found or ()
    )


def is_called_here(call: Call) -> bool:
    """Whether what a call makes is used for nothing but to be called in the same scope."""
    scope = call.scope
    direct = any(_is_made_by(scope.value(other.node.func), call) for other in scope.calls)
    statement = scope.statement_of(call.node)
    if (
        not direct
        or not isinstance(statement, ast.Assign)
        or not _is_made_by(scope.value(statement.value), call)
    ):
        return direct
    target = statement.targets[0]
    if len(statement.targets) > 1 or not isinstance(target, ast.Name):
        return False
    called = {id(_called(other.node.func)) for other in scope.calls}
    return all(
        id(load.node) in called
        for load in scope.flow.loads_of.get(target.id, ())
        if any(definition.node is statement for definition in load.definitions)
    )


def _is_made_by(value: Value, call: Call) -> bool:
    sites = (unwrapped(option).site for option in options(value))
    return any(site is not None and site.node is call.node for site in sites)


def _called(node: ast.expr) -> ast.expr:
    """What is called, or moved by `.to(...)` and the like."""
    moves = isinstance(node, ast.Attribute) and node.attr in library.SAME_OBJECT_METHODS
    return node.value if moves and isinstance(node, ast.Attribute) else node


def depends_on_training(scope: Scope, block: Block) -> bool:
    """Whether code around a block asks if the module is in training mode, or takes a flag that may say so."""
    here: Scope | None = scope
    for around in block.chain():
        test = getattr(around.node, "test", None)
        if test is not None and not _TRAINING_NAMES.isdisjoint(_names(test)):
            return True
    while here is not None:
        arguments = (
            {a.arg for a in ast.walk(here.node.args) if isinstance(a, ast.arg)} if here.node else set()
        )
        if not _TRAINING_NAMES.isdisjoint(arguments) or _leaves_early(here):
            return True
        here = here.parent
    return False


def is_asked_for(scope: Scope, block: Block, depth: int = 2) -> bool:
    """Whether code runs only if the caller says so: below `if masking:` of a flag, or called from there alone."""
    for around in block.chain():
        if isinstance(around.node, ast.If | ast.IfExp) and around.arm == "body":
            test = around.node.test
            asked = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
            if any(isinstance(name, ast.Name) and _is_flag(scope.value(name)) for name in asked):
                return True
    found = callers(scope) if depth and scope.is_function and scope.name != "forward" else ()
    return bool(found) and all(is_asked_for(call.scope, call.block, depth - 1) for call in found or ())


def _is_flag(value: Value) -> bool:
    """Whether a value is a parameter that is True or False unless given."""
    default = default_of(value) if isinstance(value, Param) else None
    return isinstance(default, ast.Constant) and isinstance(default.value, bool)


def _leaves_early(scope: Scope) -> bool:
    """Whether the function returns before the call in one of the modes: `if not self.training: return x`."""
    return any(
        isinstance(node, ast.If)
        and isinstance(node.body[-1], ast.Return | ast.Raise)
        and not _TRAINING_NAMES.isdisjoint(_names(node.test))
        for node in scope.flow.blocks
    )


def _names(node: ast.AST) -> Iterator[str]:
    for part in own_nodes(node):
        if isinstance(part, ast.Name | ast.Attribute):
            yield part.attr if isinstance(part, ast.Attribute) else part.id


def module_around(scope: Scope) -> bool:
    """Whether a scope is a method of a module, or stands in one; its constructor left out."""
    owner = enclosing_class(scope)
    return owner is not None and owner.is_a(library.MODULE) and scope.name != "__init__"
