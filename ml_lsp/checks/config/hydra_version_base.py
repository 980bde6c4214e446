"""See rules/config/hydra-version-base.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Severity
from ml_lsp.fixes import add_argument, insert_first_argument, replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.omegaconf import config_files
from ml_lsp.semantics.config.reading import RelativeRead, relative_reads
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Const
from ml_lsp.semantics.versions import certainly_before
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report an entry point that runs in a folder of its own, most of all where it reads by a relative path."""
    inquiry = call.scope.inquiry
    base = call.argument_value(2, "version_base")
    stated = base is not None and base != Const("1.1")
    if stated or call.has_unpacking or certainly_before(inquiry.versions, "hydra-core", "1.2"):
        return
    path = call.constant(0, "config_path")
    if isinstance(path, str) and path.endswith((".yaml", ".yml")):  # written for Hydra 1.0
        return
    main = _decorated(call)
    if main is None or any("chdir" in file.words for file in config_files(inquiry)):
        return
    read = next(_reads(main, rule), None)
    if read is None:
        if base is not None:  # asked for, and nothing here stumbles over it
            return
        message = rule.data["messages"]["alone"]
        yield rule.finding(call.span, edits=_with_base(call), message=message, severity=Severity.INFO)
    else:
        related = [read.call.scope.related(read.call.node, "read here")]
        message = rule.data["messages"]["asked for"] if base is not None else ""
        yield rule.finding(
            call.span, edits=_with_base(call), related=related, message=message, path=read.path
        )


def _decorated(call: Call) -> Scope | None:
    """The function that a call decorates."""
    for scope in call.scope.functions():
        if call.node in getattr(scope.node, "decorator_list", ()):
            return scope
    return None


def _reads(main: Scope, rule: Rule) -> Iterator[RelativeRead]:
    if not any(main.inquiry.mentions(word) for word in rule.data["restoring"]):
        yield from relative_reads(main.calls, rule.data["readers"])


def _with_base(call: Call) -> list[Edit]:
    node = call.argument(2, "version_base")
    if node is not None:
        return [replace_node(call.scope, node, "None")]
    add = add_argument if call.node.args else insert_first_argument
    return [add(call, "version_base=None")]
