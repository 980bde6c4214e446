"""See rules/torch/augmentation-on-eval.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.held_out import purposes, says_train, side, stated_side
from ml_lsp.semantics.torch.loaders import names, says_evaluation
from ml_lsp.semantics.torch.transforms import PIPELINES, random_steps
from ml_lsp.semantics.values import Result, Value, options

_SPLIT = "torch.utils.data.random_split"
_DATASETS = "torchvision.datasets."


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the place where a random transform gets to held-out data."""
    if is_test_code(call.scope):
        return
    if call.name == _SPLIT:
        yield from _split(call, rule)
    elif call.name in PIPELINES:
        yield from _pipeline(call, rule)
    else:
        yield from _dataset(call, rule)


def _pipeline(call: Call, rule: Rule) -> Iterator[Finding]:
    """A random step in a pipeline that goes by a name of held-out data."""
    goes_by = list(purposes(call.scope, call.node))
    step = _random(call.value, rule) if _says_held_out(goes_by, rule) else None
    if step is not None:
        site = step.site
        place = site.node if site is not None and site.scope is call.scope else call.node.func
        yield rule.finding(call.scope.span(place), step=_short(step))


def _dataset(call: Call, rule: Rule) -> Iterator[Finding]:
    """A dataset of held-out data that is given a random pipeline of another name."""
    positions = call.node.args[1:] if (call.name or "").startswith(_DATASETS) else []
    given = [*positions, *(k.value for k in call.node.keywords if k.arg in ("transform", "transforms"))]
    for node in given:
        step = _random(call.scope.value(node), rule)
        told_where_made = _says_held_out(list(names(call.scope, node)), rule)
        if step is None or told_where_made or not _is_held_out(call, rule):
            continue
        part = next((keyword for keyword in call.node.keywords if keyword.value is node), node)
        yield rule.finding(call.scope.span(part), related=_made(step), step=_short(step))
        return


def _split(call: Call, rule: Rule) -> Iterator[Finding]:
    """The parts of one dataset, whose transform is random, of which one is held out."""
    dataset = call.argument_value(0, "dataset")
    given = dataset.keyword("transform") if isinstance(dataset, Result) else None
    if isinstance(dataset, Result) and given is None and len(dataset.args) == 2:
        given = dataset.args[1]
    step = _random(given, rule) if given is not None else None
    statement = call.scope.statement_of(call.node)
    if step is None or not isinstance(statement, ast.Assign) or statement.value is not call.node:
        return
    target = statement.targets[0]
    parts = target.elts if isinstance(target, ast.Tuple) else []
    held_out = [part for part in parts[1:] if side(names(call.scope, part))]
    if held_out and not _changes_transforms(call.scope):
        yield rule.finding(call.span, related=_made(step), step=_short(step))


def _changes_transforms(scope: Scope) -> bool:
    """Whether code gives a part of a dataset a transform of its own: `val.dataset = copy(...)`."""
    events = (event for here in scope.together() for event in here.flow.events)
    stores = (event.node for event in events if event.kind == "store")
    return any(isinstance(node, ast.Attribute) and node.attr in ("dataset", "transform") for node in stores)


def _random(pipeline: Value, rule: Rule) -> Result | None:
    """The first random step of a pipeline; None if the pipeline need not be random."""
    found = [next(random_steps(option, rule.data["random"]), None) for option in options(pipeline)]
    return found[0] if None not in found else None


def _is_held_out(call: Call, rule: Rule) -> bool:
    """Whether what a call makes is held-out data."""
    goes_by = list(purposes(call.scope, call.node))
    if any(says_evaluation(name, rule.data["wanted_words"]) for name in goes_by) or says_train(goes_by):
        return False
    stated = stated_side(call.value)
    return _says_held_out(goes_by, rule) if stated is None else stated


def _says_held_out(goes_by: list[str], rule: Rule) -> bool:
    return side(goes_by) is True and not any(says_evaluation(n, rule.data["wanted_words"]) for n in goes_by)


def _short(step: Result) -> str:
    return getattr(step.callee, "name", "").rpartition(".")[2]


def _made(step: Result) -> list[Related]:
    site = step.site
    return [site.scope.related(site.node, "this changes each image at random")] if site is not None else []
