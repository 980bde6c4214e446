"""See rules/deepspeed/comments-in-json.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Severity
from ml_lsp.semantics.config.deepspeed import deepspeed_config
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.syntax.json_comments import extras
from ml_lsp.text import Edit, Span

_BLANKS_BEFORE = re.compile(r"[ \t]*\Z")


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report the first comment or trailing comma of a file that a strict reader gets."""
    if file.language != "json" or file.error is None:
        return
    config = deepspeed_config(file)
    if config is None or (config.readers and not config.is_read_strictly):
        return
    spans = list(extras(file.text))
    edits = [_removal(file, span) for span in spans]
    yield rule.finding(
        spans[0], edits=edits, severity=None if config.is_read_strictly else Severity.INFO, count=len(spans)
    )


def _removal(file: ConfigFile, span: Span) -> Edit:
    """Takes the comment out, with its line where it has one to itself, else with the blanks before it."""
    line = file.source.line_span(file.source.line_of(span.start))
    if not file.text[line.start : span.start].strip() and not file.text[span.end : line.end].strip():
        return Edit(line, "")
    before = _BLANKS_BEFORE.search(file.text, line.start, span.start)
    is_comma = file.text[span.start] == ","
    return Edit(Span(before.start() if before and not is_comma else span.start, span.end), "")
