"""See rules/yaml/duplicate-key.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related, Severity
from ml_lsp.semantics.config.config_roles import is_template, is_wrong_on_purpose
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.syntax.config_edits import remove_entry
from ml_lsp.syntax.config_tree import Entry, Node

# What conda-build chooses a line by: `script: build.bat  # [win]`.
_SELECTOR = re.compile(r"#[ \t]*\[[ \t]*[A-Za-z(][^\]\r\n]*\][ \t]*\Z")


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report each key whose value replaces an earlier one of the same mapping."""
    if file.language != "yaml" or is_template(file) or is_wrong_on_purpose(file):
        return
    for _, node in file.walk():
        if node.alias is not None or node.tag is not None:
            continue  # said where it is written; what a tag makes of the keys is the program's affair
        for first, second in node.duplicates:
            if not (_holds_anchors(first) and _holds_anchors(second)) and not _is_selected(
                file, first, second
            ):
                yield _finding(file, node, first, second, rule)


def _holds_anchors(entry: Entry) -> bool:
    """Whether what stands below a key is read through anchors, wherever the key itself goes."""
    return any(node.anchor for _, node in entry.value.walk())


def _is_selected(file: ConfigFile, *entries: Entry) -> bool:
    """Whether a comment says on which platform a line counts."""
    lines = (file.source.line_text(file.source.line_of(entry.key.span.start)) for entry in entries)
    return any(_SELECTOR.search(line.rstrip()) for line in lines)


def _finding(file: ConfigFile, mapping: Node, first: Entry, second: Entry, rule: Rule) -> Finding:
    same = _written(file, first.value) == _written(file, second.value)
    return rule.finding(
        second.key.span,
        edits=[remove_entry(mapping, second, file.source)] if same else (),
        related=[Related(first.key.span, "the first value is lost" if not same else "the same is said here")],
        severity=Severity.INFO if same else None,
        message=rule.data["messages"]["same"] if same else "",
        key=second.key.text,
        last=second.value.raw if second.value.kind == "scalar" else f"a {second.value.kind}",
    )


def _written(file: ConfigFile, value: Node) -> str:
    """A value as it is written, whatever its layout."""
    return " ".join(file.text[value.whole.start : value.whole.end].split())
