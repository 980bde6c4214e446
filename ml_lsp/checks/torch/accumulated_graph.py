"""See rules/torch/accumulated-graph.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import in_brackets_where_needed, replace_node
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.kept_graphs import KeptGraph, kept_graphs


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report values that a loop keeps together with their graph."""
    if is_test_code(body.scope):
        return
    for scope in body.scopes:
        for group in kept_graphs(scope):
            first, *others = group
            kept = first.kept
            yield rule.finding(
                scope.span(kept.node),
                edits=[replace_node(scope, one.kept.node, _without_graph(one)) for one in group],
                related=[scope.related(one.kept.node, "this keeps its graph too") for one in others],
                value=scope.text(kept.node),
                holder=scope.text(kept.holder),
                replacement=_without_graph(first),
            )


def _without_graph(found: KeptGraph) -> str:
    way = "item()" if found.is_number else "detach()"
    return f"{in_brackets_where_needed(found.kept.scope, found.kept.node, None)}.{way}"
