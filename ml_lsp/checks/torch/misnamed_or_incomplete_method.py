"""See rules/torch/misnamed-or-incomplete-method.yaml."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_after
from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.spelling import distance
from ml_lsp.semantics.torch.instances import is_called, uses_of
from ml_lsp.semantics.values import Ref
from ml_lsp.text import Edit

_LENGTHS = ("__len", "__lenght__", "__length__", "__lens__", "__leng__", "_len_", "__lne__", "len")
_ITEMS = ("__get_item__", "__getitm__", "__getitems", "_getitem_", "__getitem", "__gettiem__")


def check(class_: Class, rule: Rule) -> Iterator[Finding]:
    """Report methods of modules and datasets that PyTorch will not find, or that return nothing."""
    is_dataset = class_.is_a(library.DATASET) and not class_.is_a("torch.utils.data.IterableDataset")
    if class_.has_unknown_base or not (is_dataset or class_.is_a(library.MODULE)):
        return
    if class_.method("__init__") is None:
        yield from _misspelt(class_, rule, "__init__", _looks_like_init)
    if is_dataset:
        yield from _of_dataset(class_, rule)
    else:
        yield from _of_module(class_, rule)


def _misspelt(
    class_: Class, rule: Rule, right: str, looks_like: Callable[[Scope], bool]
) -> Iterator[Finding]:
    for name, method in class_.methods.items():
        if looks_like(method) and not _is_named(class_, name):
            assert isinstance(method.node, ast.FunctionDef | ast.AsyncFunctionDef)
            span = method.name_span(method.node)
            yield rule.finding(
                span,
                edits=[Edit(span, right)],
                message=rule.data["messages"]["misspelt"],
                right=right,
                name=name,
                remedy=f"Rename to `{right}`",
            )
            return


def _derives_only_from(class_: Class, name: str) -> bool:
    """Whether an outside class and classes of the module are all that a class derives from."""
    bases = (base for one in class_.lineage() for base in one.bases)
    return all(base == Ref(name) for base in bases if isinstance(base, Ref))


def _is_named(class_: Class, name: str) -> bool:
    """Whether code of the module reads an attribute of that name, and so means it."""
    return any(call.method == name for call in calls_mentioning(class_.scope.inquiry, name))


def _looks_like_init(method: Scope) -> bool:
    name = method.name
    stores = any(
        isinstance(event.node, ast.Attribute) and getattr(event.node.value, "id", "") == method.self_name
        for event in method.flow.events
        if event.kind == "store"
    )
    return stores and name[0] == "_" and name != "__init__" and distance(name, "__init__") <= 2


def _looks_like_forward(method: Scope) -> bool:
    name = method.name.lower()
    return name == "forward" or ("forward" not in name and distance(name, "forward") <= 2)


def _of_module(class_: Class, rule: Rule) -> Iterator[Finding]:
    if not _derives_only_from(class_, library.MODULE) or class_.method("__call__"):
        return  # `__call__` of a base may make the result itself, from hooks for instance
    forward = class_.methods.get("forward")
    if forward is not None:
        yield from _returns_nothing(forward, rule)
        return
    if class_.method("forward") or class_.assignments("forward"):
        return
    found = list(_misspelt(class_, rule, "forward", _looks_like_forward))
    yield from found
    if not found and is_called(class_):
        message = rule.data["messages"]["missing"]
        yield rule.finding(class_.name_span, message=message, name=class_.name)


def _returns_nothing(forward: Scope, rule: Rule) -> Iterator[Finding]:
    node = forward.node
    if not isinstance(node, ast.FunctionDef) or any(
        event.kind in ("return", "yield", "raise") for event in forward.flow.events
    ):
        return
    last = node.body[-1]
    match last:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AugAssign(target=ast.Name(id=name)):
            pass
        case _:
            return
    read = any(d.node is last for load in forward.flow.loads_of.get(name, ()) for d in load.definitions)
    if not read and name not in forward.flow.outer_names:
        yield rule.finding(
            forward.name_span(node),
            edits=[insert_after(forward, last, f"return {name}")],
            message=rule.data["messages"]["no_return"],
            name=name,
            remedy=f"Return `{name}`",
        )


def _of_dataset(class_: Class, rule: Rule) -> Iterator[Finding]:
    if not _derives_only_from(class_, library.DATASET):
        return
    has_items = class_.method("__getitem__") is not None
    if not has_items and class_.method("__getitems__") is None:
        yield from _misspelt(class_, rule, "__getitem__", lambda method: method.name in _ITEMS)
    if not has_items or class_.method("__len__") is not None:
        return
    found = list(_misspelt(class_, rule, "__len__", lambda method: method.name in _LENGTHS))
    yield from found
    if not found and any(
        call.name == library.LOADER and call.lacks(3, "sampler") and call.lacks(4, "batch_sampler")
        for call in uses_of(class_, library.LOADER)
    ):
        message = rule.data["messages"]["no_length"]
        yield rule.finding(class_.name_span, message=message, name=class_.name)
