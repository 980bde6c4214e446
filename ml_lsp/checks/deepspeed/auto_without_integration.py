"""See rules/deepspeed/auto-without-integration.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.call import Call, known_mapping
from ml_lsp.semantics.config.config_readers import place_of_name
from ml_lsp.semantics.config.deepspeed import DeepSpeedConfig, deepspeed_config
from ml_lsp.semantics.config.engines import named_config
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.handlers import arguments
from ml_lsp.semantics.values import Const, Result, identity, item_under
from ml_lsp.syntax.config_tree import Node


def check(subject: ConfigFile | Call, rule: Rule) -> Iterator[Finding]:
    """Report the first "auto" that reaches `deepspeed.initialize`, the others as related."""
    if isinstance(subject, Call):
        yield from _of_call(subject, rule)
        return
    config = deepspeed_config(subject)
    found = _unfilled(config, rule) if config is not None else []
    if config is not None and found:
        related = [Related(node.span, f'`{key}` is "auto" as well') for key, node in found[1:]]
        places = [place_of_name(module, subject) for module in config.readers]
        related += [Related(span, "read here", path) for path, span in filter(None, places)]
        key, node = found[0]
        yield rule.finding(node.span, related=related, key=key)


def _of_call(call: Call, rule: Rule) -> Iterator[Finding]:
    """The same where the file is given to DeepSpeed."""
    node = call.argument(10, "config") or call.argument(None, "config_params")
    yield from _of_dict(call, node, rule) if node is not None else ()
    config = named_config(call.scope.inquiry, call.value) if isinstance(call.value, Result) else None
    found = _unfilled(config, rule) if config is not None else []
    if node is not None and config is not None and found:
        path, (key, place) = config.file.path, found[0]
        related = [Related(place.span, f'`{key}` is "auto"', path)]
        message = rule.data["messages"]["given"]
        yield rule.finding(
            call.scope.span(node), related=related, message=message, key=key, file=path.name, counted_in=path
        )


def _of_dict(call: Call, node: ast.expr, rule: Rule) -> Iterator[Finding]:
    """The first "auto" of a dict in Python, with what is stored in it later."""
    given = known_mapping(call.scope, node) if not _is_passed_on(call, node) else None
    for dotted in rule.data["numbers"] if given is not None else ():
        value = item_under(given, *dotted.split("."))
        if value == Const("auto"):
            related = (
                [value.site.scope.related(value.site.node, '"auto" is written here')] if value.site else []
            )
            yield rule.finding(call.scope.span(node), related=related, key=dotted)
            return


def _is_passed_on(call: Call, node: ast.expr) -> bool:
    """Whether the dict is given to another function as well, which may fill it in."""
    key = identity(call.scope.value(node))
    others = (other for other in call.scope.calls if other.node is not call.node)
    return any(identity(other.scope.value(arg)) == key for other in others for arg in arguments(other))


def _unfilled(config: DeepSpeedConfig, rule: Rule) -> list[tuple[str, Node]]:
    found = list(_autos(config, rule))
    if not found or not config.is_plain:
        return []
    filled = any(not module.words.isdisjoint(rule.data["filling"]) for module in config.readers)
    return [] if filled else found


def _autos(config: DeepSpeedConfig, rule: Rule) -> Iterator[tuple[str, Node]]:
    for dotted in rule.data["numbers"]:
        node = config.root.get(*dotted.split("."))
        if node is not None and node.value == "auto":
            yield dotted, node
    params = config.root.get("scheduler", "params")
    for entry in params.entries if params is not None else ():
        if entry.value.value == "auto":
            yield f"scheduler.params.{entry.key.text}", entry.value
