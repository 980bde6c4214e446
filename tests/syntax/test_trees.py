"""Trees: the quick way to the children of a node leads to all of them."""

from __future__ import annotations

import ast
import warnings

from ml_lsp.syntax.trees import children
from tests.samples import library_files

_SAY_ONLY_THEIR_KIND = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)


def test_children_are_all_that_are_no_operator_and_no_context() -> None:
    """Over the standard library and the installed packages."""
    for path in library_files(150):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                parsed = ast.parse(path.read_bytes())
            except (SyntaxError, ValueError):
                continue
        for node in ast.walk(parsed):
            plain = [n for n in ast.iter_child_nodes(node) if not isinstance(n, _SAY_ONLY_THEIR_KIND)]
            assert children(node) == plain
