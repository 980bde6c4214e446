"""See rules/lightning/monitor-mode.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument, replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.lightning import asks_for_the_best
from ml_lsp.semantics.libraries.metrics import better_is, metric_name
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the mode, or the metric that has none, of a callback that keeps the worst value."""
    callback = (call.name or "").rpartition(".")[2]
    if callback not in rule.data["positions"]:
        return  # a class that is imported here or there
    monitor_at, mode_at, top_k_at = rule.data["positions"][callback]
    monitored, mode = call.argument_value(monitor_at, "monitor"), call.argument_value(mode_at, "mode")
    name = metric_name(monitored) if monitored is not None else None
    if name is None or (mode is None and not call.lacks(mode_at, "mode")):
        return
    given = "min" if mode is None else call.constant(mode_at, "mode")
    better = better_is(name, rule.data)
    if better is None or given not in ("min", "max") or given == better:
        return
    if call.constant(top_k_at, "save_top_k") in (0, -1) and not asks_for_the_best(call.scope.inquiry):
        return
    span = call.argument_span(mode_at, "mode") or call.argument_span(monitor_at, "monitor") or call.span
    edits, kept = _with_mode(call, mode_at, better), "lowest" if given == "min" else "highest"
    yield rule.finding(span, edits=edits, callback=callback, kept=kept, monitor=name, mode=better)


def _with_mode(call: Call, position: int, mode: str) -> tuple[Edit, ...]:
    node = call.argument(position, "mode")
    if node is None:
        return () if call.has_unpacking else (add_argument(call, f'mode="{mode}"'),)
    return (replace_node(call.scope, node, f'"{mode}"'),) if isinstance(node, ast.Constant) else ()
