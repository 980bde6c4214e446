"""See rules/config/hydra-self-order.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.config.self_order import Overridden, replaced_by, replaced_in
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.syntax.config_tree import Node
from ml_lsp.text import Edit, Span


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report values of a primary config that an option named after `_self_` sets again, in both files."""
    for found in replaced_in(file):
        yield _in_primary(found, rule)
    for found in replaced_by(file):
        yield _in_option(found, rule)


def _in_primary(found: Overridden, rule: Rule) -> Finding:
    return rule.finding(
        found.place,
        edits=_self_last(found.file, found.own),
        related=[
            Related(found.there.span, f"`{found.option_name}` says {found.there.raw}", found.option.path)
        ],
        key=found.key,
        option=found.option_name,
        group=found.entry.group,
    )


def _in_option(found: Overridden, rule: Rule) -> Finding:
    """The same in the file whose value wins."""
    path = found.file.path
    return rule.finding(
        found.there.span,
        related=[Related(found.place, f"`{path.name}` says {found.here.raw}", path)],
        message=rule.data["messages"]["option"],
        counted_in=path,
        value=found.there.raw,
        file=path.name,
        key=found.key,
        group=found.entry.group,
    )


def _self_last(file: ConfigFile, own: Node) -> tuple[Edit, ...]:
    """`- _self_` moved below the other entries, where each entry has its line."""
    listed = file.root.get("defaults") if file.root else None
    if listed is None or listed.style != "block":
        return ()
    source = file.source
    line = source.line_span(source.line_of(own.span.start))
    last = source.line_span(source.line_of(listed.items[-1].span.end - 1))
    text = file.text[line.start : line.end]
    if text.split("#")[0].split() != ["-", "_self_"] or not file.text[last.start : last.end].endswith("\n"):
        return ()
    return Edit(line, ""), Edit(Span(last.end, last.end), text)
