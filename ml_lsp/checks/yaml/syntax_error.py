"""See rules/yaml/syntax-error.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.config.config_readers import reads_one_document
from ml_lsp.semantics.config.config_roles import is_template, is_wrong_on_purpose
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.syntax.config_tree import ConfigError
from ml_lsp.text import Edit, Position, Span

_TABS = re.compile(r"^(?:[ ]*\t[ \t]*)(?=\S)", re.MULTILINE)
_UNQUOTED = re.compile(
    r"[ ]*(?:-[ ]+)*(?>(?:[\w./-]+[ ]*:[ ]+)?)(?P<value>(?:[%@`]|[^\s'\"#&*!|>\[{-])[^#\r\n]*?)[ ]*(?:#.*)?"
)
# A key, an item, or the start of a collection, a tag, an anchor or a document.
_STRUCTURE = re.compile(r":(?:\s|\Z)|^\s*(?:[-?](?:\s|\Z)|[\[{!&*\"'`@%|>\t]|---)")
_WORD = re.compile(r"\S+")
_WIDTH = re.compile(r"^([ ]+)\S", re.MULTILINE)


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report where a YAML text stops being YAML, or has more documents than are read."""
    if file.language != "yaml" or is_template(file) or is_wrong_on_purpose(file):
        return
    if file.error is not None and not _is_prose(file):
        yield _finding(file, file.error, rule)
    elif file.error is None and len(file.documents) > 1 and reads_one_document(file):
        start = file.documents[1].span.start
        yield rule.finding(Span(start, start + 3), message=rule.data["messages"]["documents"])


def _is_prose(file: ConfigFile) -> bool:
    """Whether a file starts with a line that is neither a key nor an item: notes in a file named like YAML."""
    lines = (line for line in file.text.splitlines() if line.strip() and not line.startswith(("#", "%")))
    first = next(lines, "").removeprefix("--- ")
    return file.error is not None and _STRUCTURE.search(first) is None


def _finding(file: ConfigFile, error: ConfigError, rule: Rule) -> Finding:
    start = file.source.offset(Position(error.line, error.column))
    word = _WORD.match(file.text, start)
    span = Span(start, word.end() if word else min(start + 1, len(file.text)))
    line = file.source.line_span(error.line)
    if _TABS.match(file.text, line.start):
        hint, edits = "Tabs are not allowed in the indentation.", tuple(_spaces(file))
    else:
        hint, edits = _quotes(file, error, rule)
    title = "Indent with spaces" if "Tabs" in hint else ""
    message = f"Not YAML: {error.message}. {hint}".strip()
    return rule.finding(span, edits=edits, title=title, message=message.replace("{", "{{").replace("}", "}}"))


def _spaces(file: ConfigFile) -> Iterator[Edit]:
    """Each tab in an indentation becomes as many spaces as the file indents by."""
    widths = [len(found[1]) for found in _WIDTH.finditer(file.text)]
    width = min(widths, default=2)
    for found in _TABS.finditer(file.text):
        yield Edit(
            Span(*found.span()), found[0].expandtabs(1).replace(" ", " " * width) if width else found[0]
        )


def _quotes(file: ConfigFile, error: ConfigError, rule: Rule) -> tuple[str, tuple[Edit, ...]]:
    """The value of the line in quotes, where that is what is missing."""
    value = _UNQUOTED.fullmatch(file.source.line_text(error.line))
    text = value["value"] if value else ""
    needs = text[:1] in ("%", "@", "`") or ": " in text
    if value is None or not needs or '"' in text or "\\" in text:
        return "", ()
    start = file.source.line_span(error.line).start
    return "Put the value in quotes.", (Edit(Span(*value.span("value")).shift(start), f'"{text}"'),)
