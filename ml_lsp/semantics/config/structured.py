"""Which Python classes describe a config file: Hydra's structured configs, and what its readers make of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import class_of_name
from ml_lsp.semantics.config.config_readers import readers
from ml_lsp.semantics.config.hydra import Defaults, defaults, root_of
from ml_lsp.semantics.config.schemas import Schema, schema_of
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning, scopes_mentioning
from ml_lsp.semantics.project import Project, remembered_of_code
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Result, Value
from ml_lsp.syntax.trees import own_name

# What makes an object of a class of what a file holds, and checks or names its keys.
_MAKING = ("structured", "model_validate", "parse_obj", "from_dict", "structure")


@dataclass(frozen=True)
class _Place:
    """A schema and the keys under which a file has what it describes."""

    keys: tuple[str, ...]
    schema: Schema


@dataclass(frozen=True)
class _Stored:
    """A schema in Hydra's ConfigStore, by its path from the root: `model/base_resnet`."""

    path: str
    schema: Schema


def is_explained(file: ConfigFile, path: tuple[str | int, ...]) -> bool:
    """Whether a class that describes the file says in words what stands under these keys."""
    return any(
        path[: len(place.keys)] == place.keys and place.schema.explained(path[len(place.keys) :])
        for place in _places(file)
    )


def _places(file: ConfigFile) -> list[_Place]:
    if file.project is None:
        return []
    known, key = file.project.memory, (_places, file.path)
    if key not in known:
        known[key] = [*_of_hydra(file, file.project), *_of_readers(file, file.project)]
    return cast(list[_Place], known[key])


def _of_hydra(file: ConfigFile, project: Project) -> Iterator[_Place]:
    """Of the schemas that a defaults list names, of the file's own name, and of the entry point that takes it."""
    root = root_of(file)
    if root is None:
        return
    own = file.path.relative_to(root).with_suffix("").as_posix()
    for stored in remembered_of_code(project, _stored):
        if stored.path == own:
            yield _Place((), stored.schema)
        for entry in defaults(file, root):
            if entry.path == stored.path:
                yield _Place(_package(entry, own.rpartition("/")[0]), stored.schema)
    for name, schema in remembered_of_code(project, _entry_points):
        if name == own:
            yield _Place((), schema)


def _package(entry: Defaults, own_group: str) -> tuple[str, ...]:
    """The keys under which a file of a group has what an entry of its defaults list brings."""
    if entry.package is None:
        inner = entry.group.removeprefix(own_group).strip("/")
        return tuple(inner.split("/")) if inner else ()
    return tuple(part for part in entry.package.split(".") if part not in ("_here_", "_global_"))


def _stored(project: Project) -> list[_Stored]:
    found = []
    for module in project.modules_at(project.importing("hydra")):
        for call in calls_mentioning(Inquiry(module, project=project), "ConfigStore", "store"):
            name, group = call.constant(0, "name"), call.constant(2, "group")
            schema = _schema(call.scope, call.argument_value(1, "node")) if call.method == "store" else None
            if schema is not None and isinstance(name, str):
                path = f"{group or ''}/{name.removesuffix('.yaml')}".strip("/")
                found.append(_Stored(path, schema))
    return found


def _entry_points(project: Project) -> list[tuple[str, Schema]]:
    """The files that functions under `@hydra.main` take, with the schema of their parameter."""
    found = []
    for module in project.modules_at(project.importing("hydra")):
        inquiry = Inquiry(module, project=project)
        for scope in scopes_mentioning(inquiry, "config_name"):
            match scope.node:
                case ast.FunctionDef(
                    decorator_list=marks, args=ast.arguments(args=[ast.arg(annotation=kind), *_])
                ):
                    names = [name for mark in marks for name in _config_names(mark)]
                    schema = _schema(scope, scope.value(kind)) if names and kind is not None else None
                    found += [(name, schema) for name in names if schema is not None]
    return found


def _config_names(mark: ast.expr) -> Iterator[str]:
    for word in mark.keywords if isinstance(mark, ast.Call) and own_name(mark.func) == "main" else ():
        if (
            word.arg == "config_name"
            and isinstance(word.value, ast.Constant)
            and isinstance(word.value.value, str)
        ):
            yield word.value.value.removesuffix(".yaml")


def _of_readers(file: ConfigFile, project: Project) -> Iterator[_Place]:
    """Of the classes of which a module that reads the file makes an object."""
    for module in readers(file):
        inquiry = Inquiry(module, project=project)
        for scope in scopes_mentioning(inquiry, "safe_load", "load", *_MAKING):
            for call in scope.calls:
                for value in _made(call):
                    schema = _schema(scope, value)
                    if schema is not None:
                        yield _Place((), schema)


def _made(call: Call) -> Iterator[Value]:
    """`Train(**read)`, `Train.model_validate(read)`, `OmegaConf.structured(Train)`, `from_dict(Train, read)`."""
    if any(word.arg is None for word in call.node.keywords):
        yield call.callee
    if own_name(call.node.func) in _MAKING:
        if call.receiver is not None:
            yield call.receiver
        yield from (call.scope.value(arg) for arg in call.node.args)
        yield from (call.scope.value(word.value) for word in call.node.keywords)


def _schema(scope: Scope, value: Value | None) -> Schema | None:
    """The schema of a class, or of an object of it."""
    own = (
        class_of_name(scope, value.callee if isinstance(value, Result) else value)
        if value is not None
        else None
    )
    return schema_of(own) if own is not None else None
