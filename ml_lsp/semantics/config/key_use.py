"""Where the keys of one loaded configuration are read: through variables, helpers, attributes and files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import find_callers
from ml_lsp.semantics.classes import class_of_name
from ml_lsp.semantics.config.open_dicts import OpenDict, open_dict
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.loaded import where_named
from ml_lsp.semantics.types import arguments_of
from ml_lsp.semantics.values import Attr, Const, Item, Param, Result, Value, options

# Functions that look at a whole configuration and change nothing.
_LOOKING = frozenset({
    "builtins.print", "builtins.len", "builtins.isinstance", "builtins.type", "builtins.str", "builtins.repr",
    "yaml.dump", "yaml.safe_dump", "json.dump", "json.dumps", "pprint.pprint", "builtins.sorted", "builtins.list",
})  # fmt: skip
_MOST_SCOPES = 200


@dataclass(frozen=True, eq=False)
class KeyRead:
    """`config["a"]["b"]` in a scope: the keys from the outside in, and the expression.

    `through`: the object that shows them as attributes, `config.a.b`, if it was made one.
    """

    scope: Scope
    node: ast.Subscript | ast.Attribute
    keys: tuple[str, ...]
    through: OpenDict | None = None


@dataclass(eq=False)
class KeyUse:
    """What is done with one loaded configuration. `leaves`: it is passed whole to what is not looked into.
    `changes`: keys of it are written.

    `reads` are in the order in which they were found.
    """

    reads: list[KeyRead] = field(default_factory=list)
    leaves: bool = False
    changes: bool = False

    @property
    def keys(self) -> frozenset[tuple[str, ...]]:
        """The keys that are read, without those that only lead to others."""
        found = {read.keys for read in self.reads}
        return frozenset(one for one in found if not any(_starts(other, one) for other in found))


def _starts(longer: tuple[str, ...], shorter: tuple[str, ...]) -> bool:
    return len(longer) > len(shorter) and longer[: len(shorter)] == shorter


@dataclass(frozen=True)
class _Name:
    """What the configuration is in a scope: what a call there returns, a parameter, or an attribute of `self`.

    `through`: as of `KeyRead`.
    """

    kind: str
    name: str = ""
    node: ast.AST | None = None
    through: OpenDict | None = None

    def made(self, node: ast.AST) -> _Name:
        """The same as what a call returns."""
        return replace(self, kind="made", name="", node=node)

    def called(self, kind: str, name: str) -> _Name:
        """The same as a parameter or attribute."""
        return replace(self, kind=kind, name=name, node=None)


def key_use(made: Call) -> KeyUse:
    """What the project does with the configuration that a call loads."""
    found = KeyUse()
    seen: set[tuple[Scope, _Name]] = set()
    waiting: list[tuple[Scope, _Name]] = [(scope, _Name("made", "", made.node)) for scope in _all_named(made)]
    while waiting and len(seen) < _MOST_SCOPES:
        scope, name = waiting.pop(0)
        if (scope, name) not in seen:
            seen.add((scope, name))
            found.reads += _reads(scope, name)
            found.changes |= any(_is(scope, scope.value(owner), name) for owner in _written(scope, name))
            waiting += _further(scope, name, found)
    return found


def _all_named(made: Call) -> Iterator[Scope]:
    yield from where_named(made)
    statement = made.scope.statement_of(made.node)
    if made.scope.is_module_level and isinstance(statement, ast.Assign):
        names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
        for importer in made.scope.inquiry.importers() if names else ():
            for name in names:
                yield from scopes_mentioning(importer, name)


def _is(scope: Scope, value: Value, name: _Name) -> bool:
    for option in options(value):
        match option:
            case Param(found) if name.kind == "parameter":
                return found == name.name and option.function == scope.name
            case Attr(Param(owner), found) if name.kind == "attribute":
                return found == name.name and owner == scope.self_name
            case Result() if option.site is not None and option.site.node is name.node:
                return True
    made = constructions(scope, value) if name.kind == "made" else ()
    return any(one.site is not None and one.site.node is name.node for one in made)


def _reads(scope: Scope, name: _Name) -> Iterator[KeyRead]:
    methods = {node.func for node in nodes(scope) if isinstance(node, ast.Call)} if name.through else set()
    for node in nodes(scope):
        if not isinstance(node, ast.Subscript) and (name.through is None or node in methods):
            continue
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Load):
            keys = _keys(scope, scope.value(node), name)
            if keys:
                yield KeyRead(scope, node, keys, name.through)


def _keys(scope: Scope, value: Value, name: _Name) -> tuple[str, ...]:
    """The keys from the outside in that lead from the configuration to a value; none if they do not."""
    found: list[str] = []
    while True:
        match value:
            case Item(owner, Const(str(key))):
                pass
            case Attr(owner, key) if name.through is not None and not key.startswith("__"):
                pass
            case _:
                return ()
        found.insert(0, key)
        value = owner
        if not isinstance(value, Item) and _is(scope, value, name):
            return tuple(found)


def _written(scope: Scope, name: _Name) -> Iterator[ast.expr]:
    """What a scope writes keys of, or deletes them."""
    kinds = ast.Subscript | ast.Attribute if name.through is not None else ast.Subscript
    for node in nodes(scope):
        if isinstance(node, kinds) and not isinstance(node.ctx, ast.Load):
            yield node.value


def _further(scope: Scope, name: _Name, found: KeyUse) -> Iterator[tuple[Scope, _Name]]:
    """The scopes to which the configuration goes on from one: helpers, callers, methods of an object."""
    for event in scope.flow.events:
        match event.node:
            case ast.Call() as node if (call := scope.call_of(node)) is not None:
                yield from _passed(call, name, found)
            case ast.Return(value=ast.expr() as value) if _is(scope, scope.value(value), name):
                for caller in find_callers(scope) or []:
                    yield from ((one, name.made(caller.node)) for one in where_named(caller))
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if event.kind == "store":
                if owner == scope.self_name:
                    yield from _kept(scope, attribute, name)


def _kept(scope: Scope, attribute: str, name: _Name) -> Iterator[tuple[Scope, _Name]]:
    """The methods of an object that keeps the configuration in an attribute."""
    assigned = scope.owner.assignments(attribute) if scope.owner is not None else ()
    if any(one.value and _is(one.scope, one.scope.value(one.value), name) for one in assigned):
        for method in scope.owner.methods.values() if scope.owner is not None else ():
            yield from ((one, name.called("attribute", attribute)) for one in method.with_inner())


def _passed(call: Call, name: _Name, found: KeyUse) -> Iterator[tuple[Scope, _Name]]:
    given = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
    if call.method in ("update", "setdefault", "pop", "merge") and call.receiver is not None:
        found.changes |= _is(call.scope, call.receiver, name)
    whole = [arg for arg in given if _is(call.scope, call.scope.value(arg), name)]
    if not whole or call.name in _LOOKING:
        return
    through = open_dict(call)
    if through is not None:
        yield from ((scope, _Name("made", "", call.node, through)) for scope in _all_named(call))
        return
    own = class_of_name(call.scope, call.callee)
    target = own.method("__init__") if own is not None else call.target
    unpacked = any(keyword.arg is None and keyword.value in whole for keyword in call.node.keywords)
    if target is None or unpacked or not isinstance(call.value, Result):
        found.leaves = True
        return
    for parameter, value in arguments_of(target, call.value).items():
        if _is(call.scope, value, name):
            yield target, name.called("parameter", parameter.name)
