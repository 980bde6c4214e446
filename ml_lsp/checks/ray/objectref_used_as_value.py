"""See rules/ray/objectref-used-as-value.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import, replace_node
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.libraries.object_refs import Misuse, misuses
from ml_lsp.text import Edit


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report the first place where a ref is taken for its result; its other places are related."""
    found: dict[object, list[Misuse]] = {}
    for scope in body.scopes:
        for misuse in misuses(scope, rule.data["ref_attributes"]):
            found.setdefault(misuse.source, []).append(misuse)
    for first, *others in found.values():
        scope, name = first.scope, first.scope.text(first.node)
        related = [scope.related(other.node, "used as a value here too") for other in others]
        edits = () if first.in_a_list else tuple(_got((first, *others)))
        message = rule.data["messages"]["quiet"] if first.is_quiet else ""
        yield rule.finding(scope.span(first.node), message=message, edits=edits, related=related, name=name)


def _got(misused: tuple[Misuse, ...]) -> Iterator[Edit]:
    get, imports = add_import(misused[0].scope.inquiry, "ray", "get")
    yield from imports
    for misuse in misused:
        yield replace_node(misuse.scope, misuse.node, f"{get}({misuse.scope.text(misuse.node)})")
