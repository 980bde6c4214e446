"""See rules/loguru/stdlib-idiom.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import remove_argument, replace_node
from ml_lsp.semantics.body import ModuleView
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.handlers import handler_of
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.log_rotation import is_retention, is_rotation
from ml_lsp.semantics.libraries.loguru import LEVELS, is_logger
from ml_lsp.semantics.mentioning import calls_mentioning, scopes_mentioning
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.values import Const, Ref
from ml_lsp.text import Edit, Span


def check(subject: Call | ModuleView, rule: Rule) -> Iterator[Finding]:
    """Report what the standard library's loggers have and loguru's ignores or refuses."""
    return _attributes(subject, rule) if isinstance(subject, ModuleView) else _calls(subject, rule)


def _calls(call: Call, rule: Rule) -> Iterator[Finding]:
    if call.receiver is None or not is_logger(call.scope, call.receiver):
        return
    method = call.method or ""
    if method in rule.data["missing"] and not _is_asked_for(call, method):
        yield _missing(call, method, rule)
    elif method == "add":
        yield from _wrong_settings(call, rule)
    elif method in LEVELS:
        yield from _extra(call, rule)
    level = (
        call.argument(0, "level")
        if method == "log"
        else call.argument(None, "level")
        if method == "add"
        else None
    )
    yield from _small_level(call, level, rule)


def _missing(call: Call, method: str, rule: Rule) -> Finding:
    instead = rule.data["missing"][method]
    edits = [Edit(call.name_span, instead)] if instead in LEVELS else []
    return rule.finding(call.name_span, edits=edits, title=f"Use `{instead}`", name=method, instead=instead)


def _is_asked_for(call: Call, method: str) -> bool:
    """Whether the code asks first if the logger has the method."""
    tests = [b.node.test for b in call.block.chain() if isinstance(b.node, ast.If)]
    return any(isinstance(n, ast.Constant) and n.value == method for test in tests for n in ast.walk(test))


def _extra(call: Call, rule: Rule) -> Iterator[Finding]:
    for keyword in call.node.keywords:
        if keyword.arg in ("exc_info", "stack_info"):
            if call.scope.value(keyword.value) in (Const(False), Const(None)):
                continue
            edits = _with_exception(call, keyword) if keyword.arg == "exc_info" else ()
            message = rule.data["messages"]["extra"]
            title = rule.data["messages"]["title"]
            yield rule.finding(
                call.scope.span(keyword), edits=edits, title=title, message=message, name=keyword.arg
            )


def _with_exception(call: Call, keyword: ast.keyword) -> tuple[Edit, ...]:
    if handler_of(call) is None or not isinstance(call.node.func, ast.Attribute):
        return ()
    if call.scope.value(keyword.value) != Const(True):
        return ()
    receiver = call.node.func.value
    new = f"{call.scope.text(receiver)}.opt(exception=True)"
    return replace_node(call.scope, receiver, new), remove_argument(call, keyword.value)


def _small_level(call: Call, node: ast.expr | None, rule: Rule) -> Iterator[Finding]:
    value = call.scope.value(node) if node is not None else None
    level = value.value if isinstance(value, Const) else None
    if (
        node is None
        or not isinstance(level, str)
        or level.isupper()
        or level.lower() not in rule.data["levels"]
    ):
        return
    if _is_registered(call.scope.inquiry, level):
        return
    literal = isinstance(node, ast.Constant)
    edits = [replace_node(call.scope, node, call.scope.text(node).upper())] if literal else []
    message = rule.data["messages"]["level"].replace("{upper}", level.upper())
    title = f"Use `{level.upper()}`"
    yield rule.finding(call.scope.span(node), edits=edits, title=title, message=message, name=level)


def _is_registered(inquiry: Inquiry, level: str) -> bool:
    """Whether the program makes a level of that name: `logger.level("info", no=20)`."""
    return any(
        made.method == "level" and made.constant(0, "name") == level and not made.lacks(1, "no")
        for one in (inquiry, *inquiry.importers())
        for made in calls_mentioning(one, "level")
    )


def _wrong_settings(call: Call, rule: Rule) -> Iterator[Finding]:
    """A retention or rotation that loguru cannot read; a rotation of a stream."""
    for name, is_read in (("retention", is_retention), ("rotation", is_rotation)):
        given = call.argument(None, name)
        if isinstance(given, ast.Constant) and isinstance(given.value, str) and not is_read(given.value):
            message = rule.data["messages"][name]
            yield rule.finding(call.scope.span(given), message=message, name=given.value)
            return
    rotation, sink = call.argument(None, "rotation"), call.argument_value(0, "sink")
    if rotation is not None and sink in (Ref("sys.stderr"), Ref("sys.stdout")):
        yield rule.finding(
            call.scope.span(rotation), message=rule.data["messages"]["stream"], name="rotation"
        )


def _attributes(module: ModuleView, rule: Rule) -> Iterator[Finding]:
    """Attributes of the standard library's loggers that are read or set."""
    for name, instead in rule.data["attributes"].items():
        for scope in scopes_mentioning(module.inquiry, name):
            found = (n for n in nodes(scope) if isinstance(n, ast.Attribute) and n.attr == name)
            for node in found:
                if is_logger(scope, scope.value(node.value)):
                    end = scope.span(node).end
                    message = rule.data["messages"]["attribute"]
                    place = Span(end - len(name), end)
                    yield rule.finding(place, message=message, name=name, instead=instead)
