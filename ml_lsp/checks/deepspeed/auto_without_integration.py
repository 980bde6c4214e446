"""See rules/deepspeed/auto-without-integration.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.config_readers import place_of_name
from ml_lsp.semantics.deepspeed import DeepSpeedConfig, deepspeed_config
from ml_lsp.syntax.config_tree import Node


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report the first "auto" that reaches `deepspeed.initialize`, the others as related."""
    config = deepspeed_config(file)
    found = list(_autos(config, rule)) if config is not None else []
    if config is None or not found or not config.is_plain:
        return
    if any(not module.words.isdisjoint(rule.data["filling"]) for module in config.readers):
        return
    related = [Related(node.span, f'`{key}` is "auto" as well') for key, node in found[1:]]
    places = [place_of_name(module, file) for module in config.readers]
    related += [Related(span, "read here", path) for path, span in filter(None, places)]
    key, node = found[0]
    yield rule.finding(node.span, related=related, key=key)


def _autos(config: DeepSpeedConfig, rule: Rule) -> Iterator[tuple[str, Node]]:
    for dotted in rule.data["numbers"]:
        node = config.root.get(*dotted.split("."))
        if node is not None and node.value == "auto":
            yield dotted, node
    params = config.root.get("scheduler", "params")
    for entry in params.entries if params is not None else ():
        if entry.value.value == "auto":
            yield f"scheduler.params.{entry.key.text}", entry.value
