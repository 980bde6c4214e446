"""See rules/yaml/tagged-dump.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Severity
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.call import Call, known_mapping
from ml_lsp.semantics.config.plain_data import Odd, odd_parts
from ml_lsp.semantics.values import Display, Ref, Site, Value
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the first part of what is dumped that is written as a Python tag, or cannot be written."""
    node = call.argument(0, "data")
    if node is None or not _is_kept(call) or not _has_plain_dumper(call):
        return
    safe = call.name in ("yaml.safe_dump", "yaml.safe_dump_all")
    for odd in odd_parts(call.scope, _what_is_dumped(call, node)):
        if not (odd.kind == "tuple" and (safe or _reads_tuples(call, rule))):
            if not _is_represented(call, rule):
                yield _finding(call, node, odd, safe, rule)
            return


def _what_is_dumped(call: Call, node: ast.expr) -> Value:
    """The value; of a dict, with what is stored in it later, and nothing where that cannot be told."""
    value = call.scope.value(node)
    if isinstance(value, Display) and value.kind == "dict":
        known = known_mapping(call.scope, node)
        return known if known is not None else Display("dict", ())
    return value


def _is_kept(call: Call) -> bool:
    """Whether the text goes to a file: there is a stream, or `write(...)` and the like get it."""
    if call.argument(1, "stream") is not None:
        return True
    return any(
        call.node in other.node.args and other.method in ("write", "write_text") for other in call.scope.calls
    )


def _has_plain_dumper(call: Call) -> bool:
    dumper = call.argument_value(2, "Dumper")
    return dumper is None or (isinstance(dumper, Ref) and dumper.name in ("yaml.Dumper", "yaml.CDumper"))


def _reads_tuples(call: Call, rule: Rule) -> bool:
    return any(map(call.scope.inquiry.mentions, rule.data["tuple_readers"]))


def _is_represented(call: Call, rule: Rule) -> bool:
    """Whether the module or another one teaches PyYAML new types."""
    inquiry, words = call.scope.inquiry, rule.data["teaching"]
    if any(map(inquiry.mentions, words)):
        return True
    return any(not module.words.isdisjoint(words) for module in inquiry.modules(*words))


def _finding(call: Call, node: ast.expr, odd: Odd, safe: bool, rule: Rule) -> Finding:
    site = odd.value.site
    here = site is not None and site.scope.inquiry is call.scope.inquiry
    inside = here and any(part is site.node for part in ast.walk(node))  # type: ignore[union-attr]
    hint = rule.data["hints"][odd.kind]
    return rule.finding(
        call.scope.span(site.node if inside and site is not None else node),
        edits=_remedy(site, odd.kind, hint) if here and site is not None else (),
        related=[site.scope.related(site.node, f"the {odd.kind}")] if site is not None and not inside else (),
        severity=Severity.WARNING if safe else None,
        message=rule.data["messages"]["safe"] if safe else "",
        kind=rule.data["kinds"].get(odd.kind, f"a {odd.kind}"),
        hint=hint.replace("X", "x"),
    )


def _remedy(site: Site, kind: str, hint: str) -> tuple[Edit, ...]:
    """The conversion around the value where it is written; none for what needs a name that may be missing."""
    node, scope = site.node, site.scope
    if kind in ("DictConfig", "dataclass", "Namespace") or not isinstance(node, ast.expr):
        return ()
    text = scope.text(node)
    if isinstance(node, ast.Tuple):
        inner = text[1:-1].strip().removesuffix(",") if text.startswith("(") else text
        return (replace_node(scope, node, f"[{inner}]"),)
    return (replace_node(scope, node, hint.replace("X", text)),)
