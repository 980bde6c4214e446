"""What a dataclass or model says of the keys of a configuration, and whether it says it in words."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ml_lsp.semantics.classes import Class, class_of_name
from ml_lsp.semantics.dataclass_fields import class_statements, is_dataclass
from ml_lsp.semantics.scope import Scope
from ml_lsp.syntax.trees import own_name

_MODELS = ("pydantic.BaseModel", "pydantic_settings.BaseSettings", "pydantic.BaseSettings")
_ATTRS = frozenset({"define", "frozen", "mutable", "s", "attrs", "dataclass"})
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "DictConfig"})
_HELPING = frozenset({"help", "description", "doc"})


@dataclass(frozen=True)
class Schema:
    """The keys of a mapping, each with the schema of the mapping under it if there is one.

    `explains`: words for people stand beside them: docstrings, comments, help texts. `any_key`: each key of the
    mapping has one of this schema.
    """

    explains: bool
    fields: Mapping[str, Schema | None]
    any_key: Schema | None = None

    def explained(self, path: tuple[str | int, ...]) -> bool:
        """Whether words stand beside the field to which keys lead."""
        keys = tuple(part for part in path if isinstance(part, str))
        if not keys:
            return self.explains
        if self.any_key is not None:
            return self.any_key.explained(keys[1:])
        inner = self.fields.get(keys[0])
        if inner is not None and len(keys) > 1:
            return inner.explained(keys[1:])
        return self.explains and keys[0] in self.fields


def schema_of(own: Class, within: tuple[Class, ...] = ()) -> Schema | None:
    """What a dataclass, attrs class or pydantic model says; None of any other class, and of one that is `within`
    itself."""
    if own in within:
        return None
    return own.scope.inquiry.once((schema_of, own), lambda: _described(own, (*within, own)))


def _described(own: Class, within: tuple[Class, ...]) -> Schema | None:
    if not (is_dataclass(own) or own.is_a(*_MODELS) or _is_attrs(own)):
        return None
    fields: dict[str, Schema | None] = {}
    explains = False
    for one in own.lineage():
        explains |= ast.get_docstring(one.node) is not None
        for scope, statement in class_statements(one):
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name)):
                    explains |= scope.has_comment(statement) or _has_help(statement)
                    fields.setdefault(name, _inner(scope, statement, within))
                case ast.Expr(value=ast.Constant(value=str())):
                    explains = True
    return Schema(explains, fields)


def _is_attrs(own: Class) -> bool:
    marks = (mark.func if isinstance(mark, ast.Call) else mark for mark in own.node.decorator_list)
    return any(own_name(mark) in _ATTRS for mark in marks)


def _has_help(statement: ast.AnnAssign) -> bool:
    """`field(metadata={"help": "..."})`, `Field(description="...")`, `Annotated[int, Doc("...")]`."""
    for node in ast.walk(statement):
        match node:
            case ast.keyword(arg=str(name)) if name in _HELPING:
                return True
            case ast.Dict(keys=keys) if any(getattr(key, "value", None) in _HELPING for key in keys):
                return True
            case ast.Call(func=func) if own_name(func) == "Doc":
                return True
    return False


def _inner(scope: Scope, field: ast.AnnAssign, within: tuple[Class, ...]) -> Schema | None:
    """The schema of what a field holds, by the classes that its annotation or its default names."""
    for node in _named(field):
        own = class_of_name(scope, scope.value(node))
        found = schema_of(own, within) if own is not None else None
        if found is not None:
            annotation = field.annotation
            of_mapping = isinstance(annotation, ast.Subscript) and own_name(annotation.value) in _MAPPINGS
            return Schema(False, {}, any_key=found) if of_mapping else found
    return None


def _named(field: ast.AnnAssign) -> Iterator[ast.expr]:
    for part in (field.annotation, field.value):
        for node in ast.walk(part) if part is not None else ():
            if isinstance(node, ast.Name | ast.Attribute):
                yield node
