"""See rules/deepspeed/scheduler-overrides-lr.yaml."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.config.deepspeed import DeepSpeedConfig, deepspeed_config
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.versions import certainly_before
from ml_lsp.syntax.config_edits import insert_key
from ml_lsp.syntax.config_tree import Node
from ml_lsp.text import Edit

_DEFAULT = 0.001


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report a warm-up that climbs to another learning rate than the optimizer's."""
    config = deepspeed_config(file)
    kind = config.root.get("scheduler", "type") if config else None
    if config is None or kind is None:
        return
    if kind.value == "OneCycle":
        yield from _without_peak(config, kind, rule)
    if kind.value not in rule.data["warming"]:
        return
    rate, peak = (
        config.number("optimizer", "params", "lr"),
        config.root.get("scheduler", "params", "warmup_max_lr"),
    )
    if peak is None:
        old = certainly_before(file.versions, "deepspeed", "0.17")
        if (kind.value != "WarmupLR" or old) and not _is_auto(config) and rate != _DEFAULT:
            yield _finding(config, kind, rate, rule, rule.message)
    elif _differs(peak, rate):
        message = rule.data["messages"]["differs"].replace("{peak}", peak.raw)
        yield _finding(config, peak, rate, rule, message)


def _without_peak(config: DeepSpeedConfig, kind: Node, rule: Rule) -> Iterator[Finding]:
    """A cycle of which a bound is missing that has no default."""
    params = config.root.get("scheduler", "params")
    known = {entry.key.text for entry in params.entries} if params is not None else set()
    missing = [key for key in rule.data["cycle"] if key not in known]
    if missing:
        key = "` and `".join(missing)
        yield rule.finding(kind.span, message=rule.data["messages"]["cycle"].replace("{key}", key))


def _differs(peak: Node, rate: float | None) -> bool:
    stated = peak.value
    return (
        rate is not None and isinstance(stated, int | float) and not math.isclose(stated, rate, rel_tol=1e-3)
    )


def _is_auto(config: DeepSpeedConfig) -> bool:
    node = config.root.get("optimizer", "params", "lr")
    return node is not None and node.value == "auto"


def _finding(config: DeepSpeedConfig, node: Node, rate: float | None, rule: Rule, message: str) -> Finding:
    stated = config.root.get("optimizer", "params", "lr")
    lr = stated.raw if stated is not None and rate is not None else ""
    kind = config.root.get("scheduler", "type")
    return rule.finding(
        node.span,
        edits=_with_peak(config, lr) if lr and node is kind else (),
        related=[Related(stated.span, "the optimizer's learning rate")] if stated is not None else (),
        message=message if lr else rule.data["messages"]["unknown"],
        kind=kind.value if kind else "",
        lr=lr,
    )


def _with_peak(config: DeepSpeedConfig, lr: str) -> tuple[Edit, ...]:
    params = config.root.get("scheduler", "params")
    return (insert_key(params, "warmup_max_lr", lr, config.file.source),) if params is not None else ()
