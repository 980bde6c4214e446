"""See rules/deepspeed/batch-size-inconsistent.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.deepspeed import DeepSpeedConfig, deepspeed_config
from ml_lsp.syntax.config_edits import remove_entry

_TOTAL, _MICRO, _STEPS = "train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps"


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report batch sizes that no number of processes can make agree."""
    config = deepspeed_config(file)
    if config is None or any(config.root.entry(key) for key in rule.data["parallel"]):
        return
    for key in (_TOTAL, _MICRO, _STEPS):
        value, node = config.number(key), config.root.get(key)
        if value is not None and node is not None and value < 1:
            yield rule.finding(node.span, message=rule.data["messages"]["small"], key=key, value=node.raw)
            return
    yield from _disagreeing(config, rule)


def _disagreeing(config: DeepSpeedConfig, rule: Rule) -> Iterator[Finding]:
    total, node = config.number(_TOTAL), config.root.get(_TOTAL)
    known = [key for key in (_MICRO, _STEPS) if config.root.entry(key) is not None]
    parts = [config.number(key) for key in known]
    if total is None or node is None or not parts or None in parts:
        return
    product = 1
    for part in parts:
        product *= int(part or 1)
    if total % product:
        entry = config.root.entry(_TOTAL)
        assert entry is not None
        both = len(parts) == 2
        yield rule.finding(
            node.span,
            edits=[remove_entry(config.root, entry, config.file.source)] if both else (),
            related=[Related(config.root.entry(key).key.span, key) for key in known],  # type: ignore[union-attr]
            total=node.raw,
            factors=" x ".join(
                f"{part} ({rule.data['short'][key]})" for key, part in zip(known, parts, strict=True)
            ),
        )
