"""Configurations that are recorded with a run, and what the command line changes in them before or after."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.libraries.commands import is_command
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import arguments_of
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Display,
    Element,
    Entered,
    Item,
    Param,
    Ref,
    Result,
    Value,
    either,
    identity,
    walk,
)

# Functions and methods that record a configuration, with the position of it (None: by keyword only) and its name.
_RECORDERS: dict[str, tuple[int | None, str]] = {
    "mlflow.log_params": (0, "params"), "mlflow.log_dict": (0, "dictionary"),
    "mlflow.log_param": (1, "value"), "mlflow.log_text": (0, "text"), "wandb.init": (None, "config"),
    "wandb.config.update": (0, "d"), "neptune.init_run": (None, "config"), "aim.Run": (None, "config"),
}  # fmt: skip
_METHODS: dict[str, tuple[int | None, str]] = {
    "log_hyperparams": (0, "params"), "log_hyperparameters": (0, "params"), "save_hyperparameters": (0, "args"),
}  # fmt: skip
LOADERS = frozenset({
    "yaml.safe_load", "yaml.load", "yaml.full_load", "yaml.unsafe_load", "json.load", "json.loads",
    "omegaconf.OmegaConf.load", "tomllib.load", "tomllib.loads", "toml.load", "hydra.compose",
})  # fmt: skip
_COPIES = frozenset({
    "builtins.dict", "copy.copy", "copy.deepcopy", "omegaconf.OmegaConf.to_container",
    "omegaconf.OmegaConf.to_object", "omegaconf.OmegaConf.create", "builtins.vars",
    "omegaconf.OmegaConf.to_yaml", "yaml.dump", "yaml.safe_dump", "json.dumps",
})  # fmt: skip


_NO_CHANGE: tuple[str | None, Value | None] = (None, None)


@dataclass(frozen=True, eq=False)
class Override:
    """A place where the command line changes a configuration. `key` is the setting's, None for any number."""

    scope: Scope
    node: ast.AST
    key: str | None
    block: Block
    when: tuple[int, int]


def recorded(call: Call) -> ast.expr | None:
    """The configuration that a call records with the run, as written; None if it records none."""
    place = _RECORDERS.get(call.name or "") or _METHODS.get(call.method or "")
    return call.argument(*place) if place else None


def loaded_config(value: Value) -> Result | None:
    """The call that read a configuration from a file, below copies and conversions of it."""
    original = uncopied(value)
    if isinstance(original, Result) and isinstance(original.callee, Ref) and original.callee.name in LOADERS:
        return original
    return None


def uncopied(value: Value) -> Value:
    """What a copy or conversion is made from."""
    while True:
        match value:
            case Result(Ref(name), (inner, *_)) if name in _COPIES:
                value = inner
            case Result(Attr(owner, "copy" | "to_dict" | "dict" | "model_dump"), ()):
                value = owner
            case Item(Element(Result(Attr(owner, "items"), ())), _):  # all of it, one by one
                value = owner
            case Display("dict", (inner,), (None,)):
                value = inner
            case _:
                return value


def path_of(loaded: Result) -> Value | None:
    """The path of the file that a loader reads, through `open`."""
    found = loaded.args[0] if loaded.args else None
    while True:
        match found:
            case Entered(of):
                found = of
            case Result(Ref("builtins.open"), (path, *_)) | Result(Attr(path, "open" | "read_text"), _):
                return path
            case Result(Attr(of, "read"), _):
                found = of
            case _:
                return found


def overrides(body: Body, config: Value, around: frozenset[Scope] = frozenset()) -> Iterator[Override]:
    """Where a body puts what the command line says into a configuration, in order: `cfg["lr"] = args.lr`.

    What helpers do counts as done where they are called; `around` are those that led here.
    """
    target = identity(config)
    for scope in body.scopes:
        for event in scope.flow.events:
            if event.kind == "bind":
                found = _merged(scope, event.node, target)
            else:
                found = _change(scope, event.node, target) if event.kind in ("store", "call") else _NO_CHANGE
            key, value = found
            if value is not None and any(map(_is_of_command_line, walk(value))):
                yield Override(scope, event.node, key, event.block, (scope.piece, event.order))
        for call in scope.calls:
            yield from _in_helper(call, target, around)


def _in_helper(call: Call, target: object, around: frozenset[Scope]) -> Iterator[Override]:
    """What a function of the project changes in a configuration that it is given."""
    function = call.target
    around |= {call.scope}
    if function is None or function in around or not isinstance(call.value, Result):
        return
    for parameter, value in arguments_of(function, call.value).items():
        if identity(value) == target:
            for inner in overrides(Body((function,)), parameter, around):
                yield Override(call.scope, call.node, inner.key, call.block, call.when)


def _merged(scope: Scope, node: ast.AST, target: object) -> tuple[str | None, Value | None]:
    """What an assignment puts over a configuration in a new one: `{**cfg, "lr": args.lr}`, `cfg | vars(args)`."""
    statement = scope.statement_of(node)
    match statement.value if isinstance(statement, ast.Assign) else None:
        case ast.Dict(keys=[None, *names], values=[first, *others]):
            if identity(scope.value(first)) == target:
                key = _text(names[0]) if len(names) == 1 and names[0] is not None else None
                return key, either([scope.value(other) for other in others])
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            if identity(scope.value(left)) == target:
                return None, scope.value(right)
    return _NO_CHANGE


def _change(scope: Scope, node: ast.AST, target: object) -> tuple[str | None, Value | None]:
    """The key that an event sets in a configuration, and the value; no value if it does nothing of the kind."""
    match node:
        case ast.Subscript(value=owner) | ast.Attribute(value=owner) if _root(scope.value(owner)) == target:
            statement = scope.statement_of(node)
            value = scope.value(statement.value) if isinstance(statement, ast.Assign) else None
            key = node.slice if isinstance(node, ast.Subscript) else ast.Constant(node.attr)
            return str(key.value) if isinstance(key, ast.Constant) else None, value
        case ast.Call(func=ast.Attribute(value=owner, attr="update"), args=[given, *rest]):
            if _root(scope.value(owner)) == target:
                return None, scope.value(given)
            if rest and identity(scope.value(given)) == target:  # OmegaConf.update(cfg, key, value)
                return _text(rest[0]), scope.value(rest[-1])
        case ast.Call(func=ast.Attribute(value=owner, attr="update"), args=[], keywords=[word, *_]):
            if _root(scope.value(owner)) == target:
                return word.arg, scope.value(word.value)
        case ast.Call(func=ast.Name(id="setattr"), args=[given, name, value]):
            if identity(scope.value(given)) == target:
                return _text(name), scope.value(value)
        case ast.Call(func=ast.Attribute(attr="merge"), args=[given, *_, last]):
            if identity(scope.value(given)) == target:
                return None, scope.value(last)
    return _NO_CHANGE


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _root(value: Value) -> object:
    """What a part of a configuration is a part of."""
    while isinstance(value, Item) or (isinstance(value, Attr) and not isinstance(value.owner, Ref)):
        value = value.owner
    return identity(value)


def _is_of_command_line(value: Value) -> bool:
    """Whether a value is what the command line was parsed to, or a parameter of a command."""
    match value:
        case Result(Attr(_, "parse_args" | "parse_known_args")):
            return True
        case Result(Ref(name)):
            return name.rpartition(".")[2] in ("parse_args", "from_cli", "parse_known_args")
        case Param(name) if value.site is not None:
            return name in ("args", "opt", "opts", "cli_args", "overrides") or is_command(value.site.scope)
        case Const():
            return False
    return False
