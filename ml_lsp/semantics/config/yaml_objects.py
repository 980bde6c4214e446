"""Python objects in YAML: what `yaml.dump` of an instance writes, only an unsafe loader reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.types import annotated_class, class_of, own_class_of
from ml_lsp.semantics.values import Attr, Global, Local, Ref, Value, identity

_DUMPS = frozenset({"yaml.dump", "yaml.dump_all"})
# Methods of what plain YAML holds: mappings, lists, texts, times.
_PLAIN = frozenset(
    name for plain in (dict, list, str, int, float) for name in dir(plain) if not name.startswith("_")
) | {"isoformat", "year", "month", "day"}
# Classes of other libraries that the safe dumper writes, or that are made of what it writes.
_SAFE = ("builtins.", "datetime.", "typing.")


def holds_an_object(load: Call) -> bool:
    """Whether what is loaded is an instance of a class: by its use, or for the module writes such files itself."""
    read = {node.attr for node in _attributes_of(load)}
    if not read <= _PLAIN:
        return True
    return not read and not _is_indexed(load) and _writes_objects(load.scope.inquiry)


def _attributes_of(load: Call) -> Iterator[ast.Attribute]:
    return (node for node in nodes(load.scope) if isinstance(node, ast.Attribute) and _is_of(load, node))


def _is_indexed(load: Call) -> bool:
    return any(isinstance(node, ast.Subscript) and _is_of(load, node) for node in nodes(load.scope))


def _is_of(load: Call, node: ast.Attribute | ast.Subscript) -> bool:
    """Whether what is loaded is the owner of an attribute, or what is indexed."""
    owner = node.value
    return isinstance(owner, ast.Name | ast.Call) and identity(load.scope.value(owner)) == identity(
        load.value
    )


def _writes_objects(inquiry: Inquiry) -> bool:
    """Whether code of the module dumps something of a known class that is not plain."""
    return any(
        call.name in _DUMPS and call.lacks(2, "Dumper") and _is_of_a_class(call)
        for call in calls_mentioning(inquiry, "dump", "dump_all")
    )


def _is_of_a_class(dump: Call) -> bool:
    given = dump.argument_value(0, "data")
    if given is None:
        return False
    match class_of(dump.scope, given) or _property_class(dump.scope, given):
        case Ref(name):
            return not name.startswith(_SAFE)
        case Global() | Local():
            return True
    return False


def _property_class(scope: Scope, value: Value) -> Value | None:
    """The class that an annotated property of an own class gives."""
    own = own_class_of(scope, value.owner) if isinstance(value, Attr) else None
    getter = own.method(value.name) if own is not None and isinstance(value, Attr) else None
    returns = getattr(getter.node, "returns", None) if getter is not None else None
    return annotated_class(getter.value(returns)) if getter is not None and returns is not None else None
