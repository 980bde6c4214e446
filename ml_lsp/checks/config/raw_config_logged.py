"""See rules/config/raw-config-logged.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body, body_of
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.config_logging import (
    Override,
    loaded_config,
    overrides,
    path_of,
    recorded,
    uncopied,
)
from ml_lsp.semantics.torch.training import exclude_each_other
from ml_lsp.semantics.values import Result, Value, identity


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a configuration that is recorded before the command line changes it."""
    body = body_of(call.scope)
    if call.name in rule.data["files"]:
        yield from _file(call, body, rule)
        return
    node = recorded(call)
    config = loaded_config(call.scope.value(node)) if node is not None else None
    if config is None:
        return
    later = [change for change in _telling(body, config, rule) if change.when > call.when]
    later = [change for change in later if not exclude_each_other(change.block, call.block)]
    if later and not any(other.when > later[-1].when for other in _records(body, config, later)):
        yield _finding(call, later[0], rule.message, rule)


def _file(call: Call, body: Body, rule: Rule) -> Iterator[Finding]:
    """The file itself is recorded, and what was made of it is not."""
    given = call.scope.value(call.node.args[0]) if call.node.args else None
    for other in body.calls:
        config = loaded_config(other.value)
        if given is None or config is None or not _is_same_path(given, path_of(config)):
            continue
        changes = list(_telling(body, config, rule))
        if changes and not any(True for _ in _records(body, config, changes)):
            yield _finding(call, changes[0], rule.data["messages"]["file"], rule)
            return


def _is_same_path(one: Value, other: Value | None) -> bool:
    return other is not None and identity(one) == identity(other)


def _telling(body: Body, config: Result, rule: Rule) -> Iterator[Override]:
    """The overrides of what a run computes, not of where it runs."""
    for change in overrides(body, config):
        if change.key is None or change.key.lower() not in rule.data["runtime"]:
            yield change


def _records(body: Body, config: Result, changes: list[Override]) -> Iterator[Call]:
    """The calls of a body that record the configuration, or what it was merged into or with."""
    known = {identity(config)}
    for change in changes:
        known.add(identity(change.scope.value(change.node)))
    for call in body.calls:
        node = recorded(call)
        if node is not None:
            value = uncopied(call.scope.value(node))
            if identity(value) in known or not isinstance(value, Result) or loaded_config(value) is None:
                yield call


def _finding(call: Call, change: Override, message: str, rule: Rule) -> Finding:
    statement = change.scope.statement_of(change.node) or change.node
    text = change.scope.text(statement).splitlines()[0]
    related = [change.scope.related(statement, "changed here")]
    name = call.scope.text(call.node.func)
    return rule.finding(call.span, message=message, related=related, call=name, change=text[:60])
