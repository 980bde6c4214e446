"""See rules/data/fit-before-split.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.refitting import fitted_after
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.leaks import Learnt, learnt_before, splits
from ml_lsp.semantics.libraries.sides import names_a_side, part_by_flow
from ml_lsp.semantics.libraries.transformers import Known, fits


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report the first of what has learnt from all data that are split afterwards."""
    known = Known(rule.data["stateful"], rule.data["stateless"])
    reported: set[object] = set()
    for split in splits(body, rule.data["splitters"]):
        learnt = learnt_before(split, body, list(fits(body, rule.data["fits"], known)))
        learnt = [one for one in learnt if one.node not in reported and not _is_one_side(one, rule)]
        reported.update(one.node for one in learnt)
        if learnt:
            yield _finding(learnt, split, rule)


def _is_one_side(learnt: Learnt, rule: Rule) -> bool:
    node = learnt.fit.data if learnt.fit is not None else learnt.node
    if part_by_flow(learnt.scope.value(node)) is not None:
        return True
    return names_a_side(learnt.scope, node, (*rule.data["train_words"], *rule.data["test_words"]))


def _finding(learnt: list[Learnt], split: Call, rule: Rule) -> Finding:
    first, *others = learnt
    related = [split.scope.related(split.node, "the data are split here")]
    related += [other.scope.related(other.node, "has seen all data too") for other in others]
    edits = fitted_after(first.fit, split) if first.fit is not None and not others else ()
    span = first.scope.span(first.node)
    return rule.finding(span, edits=edits, related=related, transformer=first.name)
