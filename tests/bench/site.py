"""Where a file is edited, and the two halves (there and back) of each kind of edit."""

from __future__ import annotations

import ast


class Site:
    """One place in the file and the two halves (there and back) of each kind of edit."""

    def __init__(self, kind, line, column, name):
        self.kind, self.line, self.column, self.name = kind, line, column, name

    def insertion(self, n=0):
        """(range, text) that goes there, for the n-th character of a row of insertions."""
        if self.kind == "newline":
            return self._range(self.line, 0, self.line, 0), "\n"
        return self._range(self.line, self.column + n, self.line, self.column + n), {
            "name": "q",
            "comment": "q",
            "syntax": "(",
        }[self.kind]

    def deletion(self, n=1):
        if self.kind == "newline":
            return self._range(self.line, 0, self.line + n, 0), ""
        return self._range(self.line, self.column, self.line, self.column + n), ""

    @staticmethod
    def _range(l1, c1, l2, c2):
        return {"start": {"line": l1, "character": c1}, "end": {"line": l2, "character": c2}}


def find_site(text, kind):
    """A name that is read, in a simple one-line statement of a function, nearest to the middle.

    Only lines of plain ASCII are taken, so that a column is the same in every position encoding.
    Returns the site and the text to open (for `comment`, the text with a comment added).
    """
    lines = text.split("\n")
    middle = len(lines) // 2
    best = None
    tree = ast.parse(text)
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for statement in ast.walk(function):
            if not isinstance(statement, (ast.Assign, ast.Expr, ast.Return, ast.AugAssign)):
                continue
            if statement.lineno != statement.end_lineno or not lines[statement.lineno - 1].isascii():
                continue
            if lines[statement.lineno - 1].rstrip()[-1:] in "\\;" or "#" in lines[statement.lineno - 1]:
                continue
            if lines[statement.lineno - 1][: statement.col_offset].strip():
                continue
            for node in ast.walk(statement):
                if (
                    isinstance(node, ast.Name)
                    and isinstance(node.ctx, ast.Load)
                    and node.id not in ("self", "cls", "super")
                ):
                    distance = abs(statement.lineno - 1 - middle)
                    if best is None or distance < best[0]:
                        best = (distance, node.lineno - 1, node.col_offset, node.id)
    if best is None:
        raise SystemExit("no place to edit: the file has no function with a simple statement")
    _, line, column, name = best
    if kind == "comment":
        lines[line] = lines[line].rstrip() + "  # see note "
        column = len(lines[line])
    return Site(kind, line, column, name), "\n".join(lines)


def apply_change(text, change_range, new):
    lines = text.split("\n")
    start, end = change_range["start"], change_range["end"]
    head = "\n".join([*lines[: start["line"]], lines[start["line"]][: start["character"]]])
    tail = "\n".join([lines[end["line"]][end["character"] :], *lines[end["line"] + 1 :]])
    return head + new + tail
