"""See rules/deepspeed/invalid-config-key.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related, Severity
from ml_lsp.semantics.config.deepspeed import DeepSpeedConfig, deepspeed_config
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.spelling import nearest
from ml_lsp.semantics.versions import certainly_from
from ml_lsp.syntax.config_tree import Entry
from ml_lsp.text import Edit

# The numbers in quotes are not known to be refused.
_STAGES = (0, 1, 2, 3, "auto", "0", "1", "2", "3")


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report each key that DeepSpeed refuses, no longer knows, or silently ignores."""
    config = deepspeed_config(file)
    if config is None:
        return
    yield from _both_precisions(config, rule)
    yield from _repeated(config, rule)
    for entry in config.root.entries:
        yield from _of_top_level(config, entry, rule)
    for section, keys in rule.data["sections"].items():
        yield from _of_section(config, section, keys, rule)
    yield from _old_names(config, rule)
    stage = config.root.get("zero_optimization", "stage")
    if stage is not None and stage.kind == "scalar" and stage.value not in _STAGES:
        yield rule.finding(stage.span, message=rule.data["messages"]["stage"], key=stage.raw)


def _both_precisions(config: DeepSpeedConfig, rule: Rule) -> Iterator[Finding]:
    half, brain = config.root.get("fp16", "enabled"), config.root.get("bf16", "enabled")
    if half is not None and brain is not None and half.value is True and brain.value is True:
        first, second = sorted((half, brain), key=lambda node: node.span)
        assert second.key_span is not None
        related = [Related(first.span, "the other one")]
        yield rule.finding(second.span, related=related, message=rule.data["messages"]["both"], key="enabled")


def _repeated(config: DeepSpeedConfig, rule: Rule) -> Iterator[Finding]:
    for _, node in config.root.walk():
        for first, second in node.duplicates:
            related = [Related(first.key.span, "the first one")]
            message = rule.data["messages"]["twice"]
            yield rule.finding(second.key.span, related=related, message=message, key=second.key.text)


def _old_names(config: DeepSpeedConfig, rule: Rule) -> Iterator[Finding]:
    """Switches of the offload, which sections have replaced."""
    zero = config.root.get("zero_optimization")
    for old, new in rule.data["replaced"].items():
        entry = zero.entry(old) if zero is not None else None
        if zero is not None and entry is not None and zero.entry(new) is None:
            edits = [Edit(entry.span, f'"{new}": {{"device": "cpu"}}')] if entry.value.value is True else []
            yield rule.finding(
                entry.key.span, edits=edits, title=f"Write `{new}`", severity=Severity.INFO,
                message=rule.data["messages"]["replaced"], key=old, near=new,
            )  # fmt: skip


def _of_top_level(config: DeepSpeedConfig, entry: Entry, rule: Rule) -> Iterator[Finding]:
    key, known = entry.key.text, rule.data["known"]
    if key in rule.data["removed"]:
        if certainly_from(config.file.versions, "deepspeed", "0.19"):
            yield rule.finding(entry.key.span, message=rule.data["messages"]["removed"], key=key)
    elif key not in known:
        near = nearest(key, known)
        if near is not None and config.root.entry(near) is None:
            edits = [Edit(entry.key.span, f'"{near}"')]
            message = rule.data["messages"]["ignored"]
            yield rule.finding(entry.key.span, edits=edits, message=message, key=key, near=near)


def _of_section(
    config: DeepSpeedConfig, section: str, keys: tuple[str, ...], rule: Rule
) -> Iterator[Finding]:
    node = config.root.get(*section.split("."))
    if section == "zero_optimization" and node is not None and node.kind == "scalar":
        yield rule.finding(node.span, message=rule.data["messages"]["stage"], key=node.raw)
    is_new = certainly_from(config.file.versions, "deepspeed", "0.19")
    for entry in node.entries if node is not None and node.kind == "mapping" else ():
        key = entry.key.text
        near = nearest(key, keys) if key not in keys else None
        if section == "zero_optimization" and is_new and key in rule.data["removed_of_zero"]:
            yield rule.finding(entry.key.span, message=rule.data["messages"]["removed"], key=key)
        elif key not in keys and (near or is_new or section not in rule.data["lenient"]):
            yield rule.finding(
                entry.key.span,
                edits=[Edit(entry.key.span, f'"{near}"')] if near else (),
                message=rule.data["messages"]["misspelt" if near else "refused"],
                key=key,
                section=section,
                near=near,
            )
