"""See rules/config/experiment-name-from-filename.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.values import Attr, Const, Either, Item, Op, Param, Ref, Result, Value, walk

_CONFIG = re.compile(r"(?:^|_)(?:config|conf|cfg|yaml|yml)s?(?:_|\d*$)|\.(?:ya?ml|json|toml)$")
_NAMES = frozenset({"stem", "name"})
_CUTTING = frozenset({"os.path.basename", "os.path.splitext", "ntpath.basename"})


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report an experiment that is named after the file of its configuration."""
    place = rule.data["places"].get(call.name)
    node = call.argument(place, rule.data["names"][call.name]) if call.name in rule.data["names"] else None
    if node is None or isinstance(node, ast.BoolOp | ast.IfExp):
        return
    value = call.scope.value(node)
    if not any(isinstance(part, Either) for part in walk(value)) and _is_file_name(value):
        yield rule.finding(call.scope.span(node))


def _is_file_name(value: Value) -> bool:
    """Whether a value is the name of a config file, or of the script, without its folder."""
    match value:
        case Attr(Result(Ref("pathlib.Path" | "pathlib.PurePath"), (path, *_)), name) if name in _NAMES:
            return _is_config_path(path)
        case Attr(Param(owner) | Attr(_, owner), "name") if not re.search("path|file", owner):
            return False  # `cfg.name` is a setting
        case Attr(owner, name) if name in _NAMES:
            return _is_config_path(owner)
        case Item(owner, Const(index)) if isinstance(index, int):
            return _is_file_name(owner)
        case Result(Ref(name), (inner, *_)) if name in _CUTTING:
            return _is_config_path(inner) or _is_file_name(inner)
        case Result(Attr(owner, "split" | "rsplit"), (Const("/" | "\\"), *_)):
            return _is_config_path(owner)
        case Result(Attr(owner, "replace" | "removesuffix" | "split" | "rsplit" | "lower" | "strip"), _):
            return _is_file_name(owner)
        case Op("f-string" | "+", operands):
            others = [operand for operand in operands if not _is_file_name(operand)]
            return len(others) < len(operands) and all(isinstance(other, Const) for other in others)
    return False


def _is_config_path(value: Value) -> bool:
    match value:
        case Param(name) | Attr(_, name) | Item(_, Const(str(name))):
            return bool(_CONFIG.search(name.lower()))
        case Const(str(path)):
            return bool(_CONFIG.search(path.lower()))
        case Ref(name):
            return name.endswith("__file__")
        case Result(Ref("pathlib.Path"), (path, *_)):
            return _is_config_path(path)
        case Item(Ref("sys.argv"), Const(0)):
            return True
    return False
