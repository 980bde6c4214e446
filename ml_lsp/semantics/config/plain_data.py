"""What of a value is no plain data (numbers, text, lists, dicts): what YAML and JSON cannot hold as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.classes import class_of_name
from ml_lsp.semantics.config.omegaconf import ConfigPath, config_path
from ml_lsp.semantics.dataclass_fields import is_dataclass
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import TENSOR, class_of
from ml_lsp.semantics.values import Attr, Display, Global, Local, Op, Ref, Result, Value

# Calls by what they certainly return.
_KINDS = {
    "pathlib.Path": "Path", "pathlib.PurePath": "Path", "pathlib.PosixPath": "Path",
    "pathlib.Path.cwd": "Path", "pathlib.Path.home": "Path", "collections.OrderedDict": "OrderedDict",
    "argparse.Namespace": "Namespace",
    "collections.defaultdict": "defaultdict", "omegaconf.OmegaConf.load": "DictConfig",
    "omegaconf.OmegaConf.merge": "DictConfig", "omegaconf.OmegaConf.structured": "DictConfig",
    "omegaconf.OmegaConf.create": "DictConfig", "builtins.tuple": "tuple",
}  # fmt: skip
_ARRAYS = frozenset({
    "array", "asarray", "zeros", "ones", "empty", "full", "arange", "linspace", "concatenate", "stack", "eye",
    "zeros_like", "ones_like", "random.rand", "random.randn",
})  # fmt: skip
_NUMPY_NUMBERS = frozenset({
    "mean", "std", "var", "sum", "median", "max", "min", "float32", "float64", "int32", "int64", "bool_",
})  # fmt: skip


@dataclass(frozen=True)
class Odd:
    """A part of a value that is no plain data, and what it is: tuple, Path, array, number, Tensor ..."""

    value: Value
    kind: str


def odd_parts(scope: Scope, value: Value, depth: int = 6) -> Iterator[Odd]:
    """The parts of lists and dicts written out that are certainly no plain data, the outermost of each."""
    kind = odd_kind(scope, value)
    if kind is not None:
        yield Odd(value, kind)
    elif isinstance(value, Display) and value.kind in ("list", "dict", "comprehension") and depth:
        kept = dict(zip(value.keys, value.items, strict=True)).values() if value.keys else value.items
        for item in kept:
            yield from odd_parts(scope, item, depth - 1)


def odd_kind(scope: Scope, value: Value) -> str | None:
    """What a value is that is certainly no plain data; None for plain data and where it cannot be told."""
    match value:
        case Display("tuple"):
            return "tuple"
        case Op("/", (left, _)) if odd_kind(scope, left) == "Path":
            return "Path"
        case Attr(owner=Result() as owner, name="parent") if odd_kind(scope, owner) == "Path":
            return "Path"
        case Result(Attr(owner, "parse_args")) if class_of(scope, owner) == Ref("argparse.ArgumentParser"):
            return "Namespace"
        case Result(Ref("argparse.ArgumentParser.parse_args")):
            return "Namespace"
        case Result(Ref(name), args):
            return _library_kind(name, args) or ("Tensor" if class_of(scope, value) == Ref(TENSOR) else None)
        case Result() if class_of(scope, value) == Ref(TENSOR):
            return "Tensor"
        case Global() | Local():
            return "function or class"
        case Attr(Global() | Local() as owner, name) if _is_member(scope, owner, name):
            return "enum member"
    if config_path(value) == ConfigPath(()):
        return "DictConfig"
    return "dataclass" if _is_dataclass_instance(scope, value) else None


def _library_kind(name: str, args: tuple[Value, ...]) -> str | None:
    library, _, function = name.partition(".")
    if library == "numpy":
        if function in _ARRAYS:
            return "array"
        return "number" if function in _NUMPY_NUMBERS and len(args) == 1 else None
    return _KINDS.get(name)


def _is_member(scope: Scope, owner: Value, name: str) -> bool:
    """Whether a class is an enumeration, and a name one of its members."""
    own = class_of_name(scope, owner)
    if own is None or "enum.Enum" not in own.ancestors:
        return False
    targets = (node.targets for node in own.node.body if isinstance(node, ast.Assign))
    return any(isinstance(target, ast.Name) and target.id == name for found in targets for target in found)


def _is_dataclass_instance(scope: Scope, value: Value) -> bool:
    own = class_of_name(scope, value.callee) if isinstance(value, Result) else None
    return own is not None and is_dataclass(own)
