"""Tensors on their way to NumPy: whether they still hang on the graph, or lie on a GPU."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.reach import callers
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.activations import NEUTRAL_METHODS
from ml_lsp.semantics.torch.autograd import is_on_graph, may_run_without_grad
from ml_lsp.semantics.torch.cuts import PASSING_METHODS
from ml_lsp.semantics.torch.objects import is_managed, is_module
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Attr, Const, Display, Result, Value, walk

# A module whose code speaks of these may return what is not on the graph.
_OFF_GRAPH = frozenset(
    {"detach", "no_grad", "inference_mode", "argmax", "numpy", "item", "data", "tolist", "long"}
)
_INFERENCE = re.compile(
    r"predict|infer|eval|test|valid|sample|generat|visual|plot|show|encode|embed_", re.IGNORECASE
)


def converted(call: Call, functions: Collection[str]) -> tuple[Value, bool] | None:
    """What a call turns into a NumPy array, and whether it is a list of such; None for other calls."""
    if call.method == "numpy" and isinstance(call.node.func, ast.Attribute):
        if _is_written_detached(call.node.func.value) or call.constant(0, "force") is True:
            return None
        return call.scope.value(call.node.func.value), False
    if call.name not in functions or not call.node.args or _is_written_detached(call.node.args[0]):
        return None
    value = call.scope.value(call.node.args[0])
    if isinstance(value, Display) and value.kind in ("list", "tuple", "comprehension") and value.items:
        return value.items[0], True
    return value, False


def consumed(call: Call) -> Iterator[tuple[ast.expr, Value]]:
    """The arguments that a call of a plotting or scoring function turns into NumPy arrays itself."""
    for node in (*call.node.args, *(keyword.value for keyword in call.node.keywords)):
        if not isinstance(node, ast.Starred) and not _is_written_detached(node):
            yield node, call.scope.value(node)


def _is_written_detached(node: ast.expr) -> bool:
    """Whether an expression says itself that it is off the graph and on the CPU, or is a literal."""
    names: set[str] = set()
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
            node = node.value
        else:
            node = node.func
    return isinstance(node, ast.Constant) or (bool(names & {"detach", "data"}) and "cpu" in names)


def is_attached(call: Call, value: Value) -> bool:
    """Whether a value certainly requires grad where a call converts it."""
    scope = call.scope
    if not is_on_graph(scope, value) or _may_be_cut(scope, value) or is_managed(scope):
        return False
    return not may_run_without_grad(scope, call.block) and not _is_called_from_elsewhere(scope)


def _may_be_cut(scope: Scope, value: Value) -> bool:
    """Whether a method or module that took part may return something else than its graph."""
    for part in walk(value):
        if _is_unknown_method(scope, part):
            return True
        own = own_class_of(scope, part.callee) if isinstance(part, Result) else None
        for one in own.lineage() if own is not None and own.is_a(library.MODULE) else ():
            for method in one.methods.values():
                if not _OFF_GRAPH.isdisjoint(method.words):
                    return True
    return False


def _is_unknown_method(scope: Scope, value: Value) -> bool:
    """Whether a value is what a method returned that need not be a tensor's."""
    match value:
        case Result(Attr(_, name) as method) if name not in PASSING_METHODS and name not in NEUTRAL_METHODS:
            return not is_module(scope, method)
    return False


def _is_called_from_elsewhere(scope: Scope) -> bool:
    """Whether nothing shows who calls a function that is made for others to call."""
    here: Scope | None = scope
    while here is not None and here.is_function:
        if not callers(here) and (here.is_method or _INFERENCE.search(here.name)):
            return True
        here = here.parent
    return False


def lies_on_gpu(value: Value) -> bool:
    """Whether a tensor was certainly moved to a GPU and not back."""
    for _ in range(8):
        match value:
            case Result(Attr(_, "cuda"), ()):
                return True
            case Result(Attr(_, "to"), (Const(str(device)), *_)) if device.startswith("cuda"):
                return True
            case Result(Attr(owner, name)) if name in NEUTRAL_METHODS and name not in ("cpu", "to", "type"):
                value = owner
            case _:
                return False
    return False
