"""`x += y` to `x = x + y`: the meaning, the layout and the comments of the right side stay as they are."""

from __future__ import annotations

import ast
import re

from ml_lsp.semantics.scope import Scope
from ml_lsp.text import Edit, Span

_SYMBOLS: dict[type[ast.operator], tuple[str, int]] = {
    ast.BitOr: ("|", 1), ast.BitXor: ("^", 2), ast.BitAnd: ("&", 3), ast.LShift: ("<<", 4),
    ast.RShift: (">>", 4), ast.Add: ("+", 5), ast.Sub: ("-", 5), ast.Mult: ("*", 6), ast.Div: ("/", 6),
    ast.FloorDiv: ("//", 6), ast.Mod: ("%", 6), ast.MatMult: ("@", 6), ast.Pow: ("**", 8),
}  # fmt: skip
_SIGN, _AWAIT, _ATOM, _LOOSEST = 7, 9, 10, 0
_LOOSE = (
    ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Starred,
)  # fmt: skip


def written_out(scope: Scope, node: ast.AugAssign) -> tuple[str, tuple[Edit, ...]]:
    """How `name += value` reads as `name = name + value` (on one line), and the edits that make it so.

    Only for a plain name: a slot or a property is read and set, so it would still change in place.
    """
    assert isinstance(node.target, ast.Name)
    name = node.target.id
    symbol, strength = _SYMBOLS[type(node.op)]
    start = scope.span(node).start
    text = scope.text(node)
    value = scope.span(node.value)
    after_name = text[len(name) : value.start - start]
    operator = re.search(re.escape(symbol) + "=", after_name)
    assert operator is not None, "an augmented assignment has an operator"
    at = start + len(name) + operator.start()
    edits = [Edit(Span(at, at + len(symbol) + 1), f"= {name} {symbol}")]
    bracketed = "(" in after_name[operator.end() :]  # only brackets around the whole can stand there
    shown = " ".join(scope.text(node.value).split())
    if _needs_brackets(node.value, strength) and not bracketed:
        edits += [Edit(Span(value.start, value.start), "("), Edit(Span(value.end, value.end), ")")]
        shown = f"({shown})"
    return f"{name} = {name} {symbol} {shown}", tuple(edits)


def _needs_brackets(value: ast.expr, strength: int) -> bool:
    """Whether a value must be bracketed as the right operand of an operator, so that it is computed first."""
    found = _strength(value)
    if strength == _SYMBOLS[ast.Pow][1]:
        return found < _SIGN  # `**` groups to the right and lets a sign stand on its right
    return found <= strength


def _strength(value: ast.expr) -> int:
    match value:
        case ast.BinOp(op=operator):
            return _SYMBOLS[type(operator)][1]
        case ast.UnaryOp(op=ast.Not()):
            return _LOOSEST
        case ast.UnaryOp():
            return _SIGN
        case ast.Await():
            return _AWAIT
        case ast.Tuple():
            return _LOOSEST
    return _LOOSEST if isinstance(value, _LOOSE) else _ATOM
