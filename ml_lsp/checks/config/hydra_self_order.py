"""See rules/config/hydra-self-order.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.config.hydra import Defaults, defaults, root_of
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.syntax.config_tree import Node
from ml_lsp.text import Edit, Span


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report values of a primary config that an option named after `_self_` sets again."""
    root, own = root_of(file), _self(file)
    if root is None or own is None or file.root is None or file.project is None:
        return
    for entry in defaults(file, root):
        if entry.node.span.start < own.span.start or entry.is_override or entry.package:
            continue
        option = file.project.config_at(root / f"{entry.path}.yaml")
        body = file.root.get(*entry.group.split("/")) if entry.group else None
        if option is None or option.root is None or body is None or "@package" in option.text[:200]:
            continue
        for path, here in body.walk():
            there = option.root.get(*path) if path else None
            if there is not None and _differ(here, there):
                yield _finding(file, own, entry, here, option, there, rule)


def _self(file: ConfigFile) -> Node | None:
    listed = file.root.get("defaults") if file.root else None
    return next((item for item in listed.items if item.value == "_self_"), None) if listed else None


def _differ(here: Node, there: Node) -> bool:
    both = here.kind == there.kind == "scalar" and here.key_span is not None and here.alias is None
    return (
        both
        and here.value != there.value
        and not ({"${", "???"} & {str(there.value)[:2], str(there.value)[:3]})
    )


def _finding(
    file: ConfigFile, own: Node, entry: Defaults, here: Node, option: ConfigFile, there: Node, rule: Rule
) -> Finding:
    assert here.key_span is not None
    key = file.text[here.key_span.start : here.key_span.end]
    return rule.finding(
        here.key_span,
        edits=_self_last(file, own),
        related=[Related(there.span, f"`{entry.path}.yaml` says {there.raw}", option.path)],
        key=f"{entry.group.replace('/', '.')}.{key}",
        option=f"{entry.path}.yaml",
        group=entry.group,
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
