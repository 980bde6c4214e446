"""See rules/notebook/shell-pip.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.notebooks.notebook import Notebook
from ml_lsp.text import Edit, Span


def check(notebook: Notebook, rule: Rule) -> Iterator[Finding]:
    """Report each installation by the shell's own pip or conda."""
    if _is_hosted(notebook, rule):
        return
    for cell in notebook.cells:
        for magic in cell.magics:
            rest = magic.text[len(magic.name) :].split(maxsplit=1)
            if magic.name in rule.data["magics"] and rest[:1] == ["install"]:
                span = Span(magic.span.start, magic.span.start + len(magic.name))
                replacement = rule.data["magics"][magic.name]
                edits = [Edit(span, replacement)]
                yield rule.finding(span, edits=edits, name=magic.name, replacement=replacement)


def _is_hosted(notebook: Notebook, rule: Rule) -> bool:
    """Whether the notebook is one for Colab or Kaggle, where the shell's pip is the kernel's."""
    if any(key in notebook.metadata for key in rule.data["hosts"]):
        return True
    texts = (notebook.joined.text, *(magic.text for magic in notebook.joined.magics))
    return any(mark in text for text in texts for mark in rule.data["marks"])
