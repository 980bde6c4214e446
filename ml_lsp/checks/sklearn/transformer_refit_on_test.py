"""See rules/sklearn/transformer-refit-on-test.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.libraries.sides import Part, part_by_flow, part_by_name
from ml_lsp.semantics.libraries.transformers import Fit, Known, fits
from ml_lsp.semantics.torch.training import exclude_each_other
from ml_lsp.semantics.values import identity
from ml_lsp.text import Span


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report each fit on held-out data of what is also fitted on the training data."""
    known = Known(rule.data["stateful"], rule.data["stateless"])
    found = list(fits(body, rule.data["fits"], known))
    for fit in found if len(found) > 1 else ():
        train = next((other for other in found if _is_its_train_side(other, fit, rule)), None)
        if train is None:
            continue
        scope, call = fit.call.scope, fit.call
        replacement = _transformed(train, fit)
        edits = [replace_node(scope, call.node, replacement)] if replacement else []
        yield rule.finding(
            Span(call.name_span.start, call.span.end),
            edits=edits,
            related=[train.call.scope.related(train.call.node, "fitted on the training data here")],
            test=scope.text(fit.data),
            train=train.call.scope.text(train.data),
            replacement=replacement,
        )


def _is_its_train_side(train: Fit, test: Fit, rule: Rule) -> bool:
    """Whether a fit is that of the same kind of transformer on the other side of the same data."""
    if train is test or train.name != test.name:
        return False
    if train.call.scope is test.call.scope and exclude_each_other(train.call.block, test.call.block):
        return False
    return any(
        one is not None
        and two is not None
        and one.side == "train"
        and two.side == "test"
        and one.of == two.of
        for one, two in zip(_parts(train, rule), _parts(test, rule), strict=True)
    )


def _parts(fit: Fit, rule: Rule) -> tuple[Part | None, Part | None]:
    scope = fit.call.scope
    named = part_by_name(scope, fit.data, rule.data["train_words"], rule.data["test_words"])
    return part_by_flow(scope.value(fit.data)), named


def _transformed(train: Fit, test: Fit) -> str:
    """The call of the fitted transformer's `transform`; empty where it cannot be written."""
    if test.call.method != "fit_transform" or not train.call.when < test.call.when:
        return ""
    receiver = train.call.node.func.value if isinstance(train.call.node.func, ast.Attribute) else None
    is_same = identity(train.made) == identity(test.made)
    if not isinstance(receiver, ast.Name | ast.Attribute) or not (is_same or _has_one_value(train, receiver)):
        return ""
    return f"{train.call.scope.text(receiver)}.transform({test.call.scope.text(test.data)})"


def _has_one_value(fit: Fit, receiver: ast.expr) -> bool:
    """Whether a name still holds the transformer later on: it is bound once."""
    return isinstance(receiver, ast.Name) and len(fit.call.scope.flow.definitions.get(receiver.id, ())) == 1
