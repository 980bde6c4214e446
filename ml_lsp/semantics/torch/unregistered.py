"""Sub-modules and parameters that a module holds without knowing them: in plain lists, tuples and dicts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Assignment, Class
from ml_lsp.semantics.handlers import arguments
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.attributes import is_differentiated_by_hand
from ml_lsp.semantics.torch.modules import has_state
from ml_lsp.semantics.torch.objects import is_module, unwrapped, written_name
from ml_lsp.semantics.types import is_a
from ml_lsp.semantics.values import Attr, Display, Param, Ref, Result, Star, Value, identity, options, walk

_LITERALS = (ast.List, ast.Tuple, ast.Dict, ast.ListComp, ast.DictComp)
_REGISTERING = frozenset({
    "add_module", "register_module", "register_parameter", "setattr", "exec",
    "__setattr__",
})  # fmt: skip
_PARAMETER_LISTS = frozenset({"ParameterList", "ParameterDict"})
_LISTS = _PARAMETER_LISTS | {"ModuleList", "ModuleDict"}
_OWN_ANSWERS = frozenset({"parameters", "named_parameters", "_apply", "state_dict"})
_FILLING = frozenset({"append", "insert", "extend", "update", "setdefault"})


@dataclass(frozen=True, eq=False)
class Hidden:
    """What a container in `self.attribute` holds; `node` is the container, or what is put in."""

    scope: Scope
    attribute: str
    node: ast.expr
    items: tuple[Value, ...]
    kind: str
    is_literal: bool


def hidden_modules(class_: Class) -> Iterator[Hidden]:
    """The plain containers of a module's attributes that hold modules with state, or parameters."""
    if any(name in _OWN_ANSWERS for one in class_.lineage() for name in one.methods):
        return  # the class says itself what its parameters are
    if any(map(_registers, _methods(class_))):
        return
    for name in _container_names(class_):
        assigned = class_.assignments(name)
        found = [one for one in _held(class_, name, assigned) if _has_fresh_state(class_, one)]
        if not found or _is_wrapped(class_, name) or not _is_kept(class_, name):
            continue
        if _is_trained_by_hand(class_, name, found[0]) or _takes_over(class_):
            continue
        if not any(map(class_.assignments, _OWN_ANSWERS)):  # `self.parameters = nn.ParameterList(found)`
            yield found[0]


def _methods(class_: Class) -> Iterator[Scope]:
    return (scope for one in class_.lineage() for scope in one.methods.values())


def _takes_over(class_: Class) -> bool:
    """Whether a class registers parameters that it takes out of other objects; nobody can tell of which.

    `self.weights.extend(layer.weights)`, `nn.ParameterList(net.parameters())`
    """
    for scope in _methods(class_):
        for call in scope.calls:
            filled = call.node.func.value if isinstance(call.node.func, ast.Attribute) else None
            registers = written_name(call.node.func) in _PARAMETER_LISTS or (
                call.method in _FILLING
                and isinstance(filled, ast.Attribute)
                and any(_makes_parameter_list(one) for one in class_.assignments(filled.attr))
            )
            if registers and any(
                _is_of_another(scope, node) for arg in call.node.args for node in ast.walk(arg)
            ):
                return True
    return False


def _makes_parameter_list(one: Assignment) -> bool:
    parts = ast.walk(one.value) if one.value is not None else ()
    return any(isinstance(part, ast.Call) and written_name(part.func) in _PARAMETER_LISTS for part in parts)


def _is_of_another(scope: Scope, node: ast.AST) -> bool:
    """Whether an expression is an attribute of an object that is not `self`, and no module: `layer.weights`."""
    match node:
        case ast.Attribute(value=owner) if not isinstance(scope.value(node), Ref):
            return written_name(owner) != scope.self_name
    return False


def _is_trained_by_hand(class_: Class, name: str, hidden: Hidden) -> bool:
    """Whether a container of parameters goes to an optimizer as it is, or the class steps its tensors itself."""
    if not all(is_a(hidden.scope, item, "torch.nn.Parameter") for item in hidden.items):
        return False
    return is_differentiated_by_hand(class_) or any(
        _is_own(scope, node, name)
        for scope in _methods(class_)
        for call in scope.calls
        if library.is_a(call.name or "", library.OPTIMIZER)
        for node in ast.walk(call.node)
    )


def _registers(scope: Scope) -> bool:
    """Whether code registers modules by name, so that nobody can tell which ones."""
    for call in scope.calls:
        name = call.method or getattr(call.node.func, "id", "")
        if name in _REGISTERING:
            return True
    return False


def _container_names(class_: Class) -> list[str]:
    """The attributes that a class's own methods assign a container to."""
    names = {
        event.node.attr: None
        for scope in class_.methods.values()
        for event in scope.flow.events
        if event.kind == "store" and isinstance(event.node, ast.Attribute)
    }
    return [
        name for name in names if any(isinstance(one.value, _LITERALS) for one in class_.assignments(name))
    ]


def _held(class_: Class, name: str, assigned: tuple[Assignment, ...]) -> Iterator[Hidden]:
    for one in assigned:
        value = one.scope.value(one.value) if isinstance(one.value, _LITERALS) else None
        if isinstance(value, Display) and one.value is not None and value.items:
            yield Hidden(one.scope, name, one.value, value.items, _kind(value), is_literal=True)
    if all(isinstance(one.value, _LITERALS) or one.value is None for one in assigned):
        kind = next((_kind(one.scope.value(one.value)) for one in assigned if one.value is not None), "list")
        for scope in class_.methods.values():
            for node in _put_in(scope, name):
                yield Hidden(scope, name, node, (scope.value(node),), kind, is_literal=False)


def _kind(value: Value) -> str:
    """What a container is called."""
    kind = value.kind if isinstance(value, Display) else "list"
    return {"comprehension": "list", "dict comprehension": "dict"}.get(kind, kind)


def _put_in(scope: Scope, name: str) -> Iterator[ast.expr]:
    """What a method puts into `self.<name>`: appended, under a key, added as a list."""
    for event in scope.flow.events:
        match event.node:
            case ast.Call(func=ast.Attribute(value=owner, attr=method), args=[*_, last]):
                if method in _FILLING and _is_own(scope, owner, name):
                    yield last
            case ast.AugAssign(target=owner, value=value) if _is_own(scope, owner, name):
                yield value
            case ast.Subscript(value=owner) if event.kind == "store" and _is_own(scope, owner, name):
                statement = scope.statement_of(event.node)
                if isinstance(statement, ast.Assign):
                    yield statement.value


def _is_own(scope: Scope, node: ast.AST, name: str) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.value, ast.Name)
        and node.value.id == scope.self_name
    )


def _has_fresh_state(class_: Class, hidden: Hidden) -> bool:
    """Whether an element is made for the container: a new module with state that no attribute holds too."""
    for item in _flat(hidden.items):
        fresh = all(isinstance(unwrapped(option), Result) for option in options(item))
        if (
            fresh
            and not _is_sampled(hidden, item)
            and has_state(hidden.scope, item)
            and not _is_held_elsewhere(class_, hidden, item)
        ):
            return True
    return False


def _is_sampled(hidden: Hidden, item: Value) -> bool:
    """Whether a method of the class gives a module after construction: a copy of what is registered, in use."""
    owner = item.callee.owner if isinstance(item, Result) and isinstance(item.callee, Attr) else None
    of_self = isinstance(owner, Param) and owner.name == hidden.scope.self_name
    return of_self and hidden.scope.name != "__init__"


def _flat(items: tuple[Value, ...]) -> Iterator[Value]:
    for item in items:
        inner = item.of if isinstance(item, Star) else item
        if isinstance(inner, Display):
            yield from _flat(inner.items)
        else:
            yield inner


def _is_held_elsewhere(class_: Class, hidden: Hidden, item: Value) -> bool:
    """Whether another attribute is the same object, or is handed it: `self.graph.add(node)`."""
    if any(_hands_over(call, hidden, item) for call in hidden.scope.calls):
        return True
    for scope in class_.methods.values():
        for event in scope.flow.events:
            node = event.node
            if event.kind == "store" and isinstance(node, ast.Attribute) and node.attr != hidden.attribute:
                value = getattr(scope.statement_of(node), "value", None)
                if value is not None and identity(scope.value(value)) == identity(item):
                    return True
    return False


def _hands_over(call: Call, hidden: Hidden, item: Value) -> bool:
    """Whether a call is one of a method of another attribute, and gets the object."""
    match call.node.func:
        case ast.Attribute(value=ast.Attribute(attr=name) as owner) if name != hidden.attribute:
            given = any(identity(call.scope.value(arg)) == identity(item) for arg in call.node.args)
            return given and _is_own(call.scope, owner, name)
    return False


def _is_wrapped(class_: Class, name: str) -> bool:
    """Whether the container, or its elements one by one, is handed to a module.

    `nn.ModuleList(self.a)`, `nn.Sequential(*self.a)`, `self.registered.extend(self.a)`; or may be:
    `nn.ParameterList(weights)` in a method that reads `self.a`
    """
    for scope in _methods(class_):
        for call in scope.calls:
            given = arguments(call)
            fills = call.method in _FILLING and call.receiver is not None and is_module(scope, call.receiver)
            if fills and any(_comes_from(scope, arg, name) for arg in given):
                return True
            uses = any(_is_own(scope, node, name) for arg in given for node in ast.walk(arg))
            if uses and is_module(scope, call.value):
                return True
            collected = written_name(call.node.func) in _LISTS and any(
                isinstance(arg, ast.Name) for arg in given
            )
            if collected and any(
                _is_own(scope, node, name) and not _only_fills(scope, node) for node in scope.flow.nodes
            ):
                return True
    return False


def _comes_from(scope: Scope, node: ast.expr, name: str) -> bool:
    """Whether a value is `self.<name>` or a part of it."""
    return any(
        isinstance(part, Attr) and part.name == name and getattr(part.owner, "name", "") == scope.self_name
        for part in walk(scope.value(node))
    )


def _is_kept(class_: Class, name: str) -> bool:
    """Whether the container is read outside of `__init__`, or nowhere in the class."""
    reads = {
        method
        for one in class_.lineage()
        for method, scope in one.methods.items()
        for statement in scope.flow.blocks
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and _is_own(scope, node, name)
        and not _only_fills(scope, node)
    }
    return not reads or reads != {"__init__"}


def _only_fills(scope: Scope, node: ast.AST) -> bool:
    return any(
        isinstance(call.node.func, ast.Attribute)
        and call.node.func.value is node
        and call.node.func.attr in _FILLING
        for call in scope.calls
    )
