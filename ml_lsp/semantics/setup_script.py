"""The requirements that a setup.py writes out. It is read as text and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.syntax.trees import own_name

_DEEPEST = 8


def setup_requirements(text: str) -> tuple[str, ...]:
    """The requirements that the text of a setup.py gives to `setup()`, of extras too; what is worked out is left out."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    named = _assignments(tree)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and own_name(node.func) == "setup")
    wanted = ("install_requires", "extras_require")
    given = (keyword.value for call in calls for keyword in call.keywords if keyword.arg in wanted)
    return tuple(line for value in given for line in _texts(value, named, _DEEPEST))


def _assignments(tree: ast.Module) -> dict[str, ast.expr]:
    """What stands at the top of the file for each name that is assigned once."""
    found: dict[str, ast.expr | None] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = None if name in found else value
    return {name: value for name, value in found.items() if value is not None}


def _texts(node: ast.expr, named: dict[str, ast.expr], depth: int) -> Iterator[str]:
    """The texts that a list, a dict's values, a sum of such, or a name for one of these holds."""
    if depth == 0:
        return
    match node:
        case ast.Constant(value=str(text)):
            yield from text.splitlines()
        case ast.List(elts=inner) | ast.Tuple(elts=inner) | ast.Set(elts=inner) | ast.Dict(values=inner):
            for one in inner:
                yield from _texts(one, named, depth - 1)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            yield from _texts(left, named, depth - 1)
            yield from _texts(right, named, depth - 1)
        case ast.Starred(value=inner_list):
            yield from _texts(inner_list, named, depth - 1)
        case ast.Name(id=name) if name in named:
            yield from _texts(named[name], named, depth - 1)
