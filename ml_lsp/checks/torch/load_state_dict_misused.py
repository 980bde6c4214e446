"""See rules/torch/load-state-dict-misused.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import, replace_node
from ml_lsp.semantics import library
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.reach import callers
from ml_lsp.semantics.torch.objects import is_module
from ml_lsp.semantics.types import class_of, is_a, own_class_of
from ml_lsp.semantics.values import Attr, Op, Param, Ref, Result, Value, options
from ml_lsp.text import Edit

_LOAD = "load_state_dict"
_PATHS = frozenset({"pathlib.Path", "os.path.join", "os.path.abspath", "builtins.str"})


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report loads that are given what is no state, and uses of what they return as if it were the module."""
    reported: set[ast.AST] = set()
    for call in body.calls:
        if call.method == _LOAD and _has_the_usual_contract(call):
            yield from _arguments(call, rule)
            yield from _assigned(call, rule, reported)
            yield from _returned(call, rule)
    for call in body.calls:
        yield from _used(call, rule, reported)


def _has_the_usual_contract(call: Call) -> bool:
    """Whether it loads into a module or an optimizer that loads as PyTorch's do."""
    receiver = call.receiver
    return receiver is not None and any(_is_usual(call, option) for option in _held(call, receiver))


def _held(call: Call, receiver: Value) -> tuple[Value, ...]:
    """All that a name or attribute may hold; one of them can be the result of the very load."""
    found = options(receiver)
    if isinstance(receiver, Attr):
        own = own_class_of(call.scope, receiver.owner)
        found += own.attribute_values(receiver.name) if own is not None else ()
    return found


def _is_usual(call: Call, receiver: Value) -> bool:
    if not is_a(call.scope, receiver, library.MODULE, library.OPTIMIZER):
        return False
    own = own_class_of(call.scope, receiver)
    return own is None or (own.method(_LOAD) is None and not own.has_unknown_base)


def _assigned(call: Call, rule: Rule, reported: set[ast.AST]) -> Iterator[Finding]:
    """`model = model.load_state_dict(...)`."""
    scope, statement = call.scope, call.scope.statement_of(call.node)
    match statement:
        case ast.Assign(targets=[target], value=value) if value is call.node:
            assert isinstance(call.node.func, ast.Attribute)
            if scope.text(target) == scope.text(call.node.func.value):
                reported.add(call.node)
                yield rule.finding(
                    scope.span(statement),
                    edits=[replace_node(scope, statement, scope.text(call.node))],
                    message=rule.data["messages"]["assigned"],
                    name=scope.text(target),
                    remedy="Do not assign the result",
                )


def _returned(call: Call, rule: Rule) -> Iterator[Finding]:
    """A load that a function returns to a caller that calls it, or a method of modules on it."""
    scope = call.scope
    statement = scope.statement_of(call.node)
    if not isinstance(statement, ast.Return) or statement.value is not call.node:
        return
    for caller in callers(scope) or ():
        for use in caller.scope.calls:
            is_method = use.method in rule.data["of_modules"]
            given = use.receiver if is_method else use.callee
            if given is not None and given.site is not None and given.site.node is caller.node:
                name = f".{use.method}()" if is_method else "calling it"
                message = rule.data["messages"]["used"]
                related = [use.scope.related(use.node, "here the result is taken for the module")]
                related = related if use.scope.inquiry is scope.inquiry else []
                yield rule.finding(call.span, message=message, name=name, related=related)
                return


def _used(call: Call, rule: Rule, reported: set[ast.AST]) -> Iterator[Finding]:
    """`Net().load_state_dict(...).eval()`, in one line or through a name."""
    is_method = call.method in rule.data["of_modules"]
    loaded = _load(call, call.receiver if is_method else call.callee)
    if loaded is None or loaded.node in reported or not _has_the_usual_contract(loaded):
        return
    reported.add(loaded.node)
    scope, func = call.scope, call.node.func
    inline = isinstance(func, ast.Attribute) and func.value is loaded.node
    statement = loaded.scope.statement_of(loaded.node)
    if inline or isinstance(statement, ast.Assign):
        span = scope.span(func if inline or statement is None else statement)
        name = f".{call.method}()" if is_method else "calling it"
        yield rule.finding(span, message=rule.data["messages"]["used"], name=name)


def _load(call: Call, value: Value | None) -> Call | None:
    """The `load_state_dict` of this function that a value is certainly the result of."""
    match value:
        case Result(Attr(_, name)) if name == _LOAD and value.site is not None:
            if value.site.scope is call.scope:
                return call.scope.call_of(value.site.node)
    return None


def _arguments(call: Call, rule: Rule) -> Iterator[Finding]:
    scope, messages = call.scope, rule.data["messages"]
    wrong = next((k for k in call.node.keywords if k.arg == "map_location"), None)
    if wrong is not None:
        yield rule.finding(scope.span(wrong), message=messages["map_location"])
    given = call.argument(0, "state_dict")
    if given is None or isinstance(given, ast.Starred):
        return
    value, text = scope.value(given), scope.text(given)
    if all(_is_path(call, option) for option in options(value)):
        torch, imports = add_import(scope.inquiry, "torch")
        edits: list[Edit] = [*imports, replace_node(scope, given, f"{torch}.load({text}, weights_only=True)")]
        yield rule.finding(
            scope.span(given),
            edits=edits,
            safe=False,
            message=messages["path"],
            name="a path",
            remedy="Load the file",
        )
    elif is_module(scope, value):
        edits = [replace_node(scope, given, f"{text}.state_dict()")]
        yield rule.finding(
            scope.span(given),
            edits=edits,
            safe=False,
            message=messages["module"],
            name=text,
            remedy="Pass its state",
        )


def _is_path(call: Call, value: Value) -> bool:
    match value:
        case Op("f-string"):
            return True
        case Op("/" | "+", (left, _)):
            return _is_path(call, left)
        case Result(Ref(name)):
            return name in _PATHS
        case Param(name):
            return call.scope.parameter_annotation(name) in (Ref("builtins.str"), Ref("pathlib.Path"))
    return class_of(call.scope, value) == Ref("builtins.str")
