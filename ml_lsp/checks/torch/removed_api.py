"""See rules/torch/removed-api.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import remove_argument, replace_node
from ml_lsp.semantics import library, types
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.outside_names import imported_names, used_names_with
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.instances import is_called
from ml_lsp.semantics.torch.objects import is_tensor, written_name
from ml_lsp.semantics.torch.scalars import has_elements, is_scalar
from ml_lsp.semantics.values import Attr, Const, Op, Ref, Result, Value, options
from ml_lsp.semantics.version_guards import is_version_guarded
from ml_lsp.semantics.versions import has_reached
from ml_lsp.text import Edit, Span

_VARIABLE = "torch.autograd.Variable"
_MASKING = frozenset({"masked_fill", "masked_fill_", "masked_select"})
_FACTORIES = frozenset({"torch.ones", "torch.zeros", "torch.tensor", "torch.ones_like", "torch.zeros_like"})
_LOSS_NAME = re.compile(r"(?:^|_)loss(?:_|\d|$)", re.IGNORECASE)


class Removed(NamedTuple):
    """A use of what may be gone: `entry` of the page's data, the place, the remedy, what the advice names."""

    entry: tuple[str, str, str]
    node: ast.AST
    span: Span
    name: str
    edits: tuple[Edit, ...] = ()
    loss: str = ""


def check(subject: Body | Class, rule: Rule) -> Iterator[Finding]:
    """Report names, methods and arguments that the workspace's version of a library has not."""
    versions = subject.scope.inquiry.versions
    for scope, found in (
        _all(subject, rule) if isinstance(subject, Body) else _called_functions(subject, rule)
    ):
        owner, since, instead = found.entry
        if has_reached(versions, owner, since) and not is_version_guarded(scope, found.node):
            instead = instead.format(loss=found.loss)
            yield rule.finding(
                found.span,
                edits=found.edits,
                message=rule.data["messages"].get(found.name, ""),
                name=found.name,
                library=owner,
                since=since,
                instead=instead,
            )


def _all(body: Body, rule: Rule) -> Iterator[tuple[Scope, Removed]]:
    imported: set[str] = set()
    words = frozenset(name.rpartition(".")[2] for name in rule.data["names"])
    for scope in body.scopes:
        for name, found in _imports(scope, rule):
            if name not in imported:  # of one module, the first import is enough
                yield scope, found
            imported.add(name)
        yield from ((scope, found) for found in _uses(scope, rule, words))
        for call in scope.calls:
            yield from ((scope, found) for found in _calls(call, rule))
        yield from ((scope, found) for found in _indexed_losses(scope, rule))


def _called_functions(own: Class, rule: Rule) -> Iterator[tuple[Scope, Removed]]:
    """The forward that needs an instance, of an autograd function that is called as one: `Scale()(x)`."""
    forward = own.methods.get("forward")
    if not own.is_a("torch.autograd.Function") or forward is None or forward.self_name is None:
        return
    if isinstance(forward.node, ast.FunctionDef) and is_called(own):
        span, name = forward.name_span(forward.node), f"{own.name}(...)(...)"
        yield forward, Removed(rule.data["called_function"], forward.node, span, name, loss=own.name)


def _known(name: str, rule: Rule) -> str | None:
    """The name or module of the page's table that a dotted name is, or lies in."""
    parts = name.split(".")
    heads = (".".join(parts[:length]) for length in range(2, len(parts) + 1))
    return next((head for head in heads if head in rule.data["names"]), None)


def _imports(scope: Scope, rule: Rule) -> Iterator[tuple[str, Removed]]:
    for mention in imported_names(scope):
        known = _known(mention.name, rule)
        if known is not None:
            yield known, Removed(rule.data["names"][known], mention.node, mention.span, mention.name)


def _uses(scope: Scope, rule: Rule, words: frozenset[str]) -> Iterator[Removed]:
    for mention in used_names_with(scope, words):
        known = _known(mention.name, rule) if isinstance(mention.node, ast.Attribute) else None
        # what is used through an import of the gone module itself is reported there
        if known is not None and (known == mention.name or scope.text(mention.node) == mention.name):
            yield Removed(rule.data["names"][known], mention.node, mention.span, scope.text(mention.node))


def _calls(call: Call, rule: Rule) -> Iterator[Removed]:
    data, scope, name = rule.data, call.scope, call.name
    method = call.method or ""
    if name == "torch.fft":
        yield Removed(data["fft_call"], call.node, call.callee_span, "torch.fft(...)")
    elif name == "torch.stft" and call.lacks(9, "return_complex"):
        yield Removed(data["stft"], call.node, call.callee_span, "torch.stft without return_complex")
    elif name == _VARIABLE and call.constant(None, "volatile") is not False:
        yield from _keyword(call, "volatile", data["volatile"])
    elif method in data["methods"] and _is_surely_tensor(call):
        yield Removed(data["methods"][method], call.node, call.name_span, method)
    elif method in _MASKING and call.node.args and _is_of_bytes(call.argument_value(0, "mask")):
        mask = call.node.args[0]
        yield Removed(data["uint8_masks"], mask, scope.span(mask), "a mask of dtype uint8")
    elif isinstance(call.callee, Ref) and library.SCHEDULER in types.ancestry(scope, call.callee):
        for found in _keyword(call, "verbose", data["verbose"]):
            yield found._replace(edits=(remove_argument(call, found.node),))  # type: ignore[arg-type]


def _is_surely_tensor(call: Call) -> bool:
    """Whether a method is one of tensors; a tensor times an object of unknown make may be such an object."""
    scope, receiver = call.scope, call.receiver
    assert receiver is not None, "asked of methods only"
    mixed = any(
        isinstance(option, Op) and any(types.class_of(scope, part) is None for part in option.operands)
        for option in options(receiver)
    )
    return not mixed and is_tensor(scope, receiver)


def _is_of_bytes(mask: Value | None) -> bool:
    """Whether a mask is certainly of dtype uint8."""
    match mask:
        case Result(Attr(_, "byte"), ()) | Result(Attr(_, "to" | "type"), (Ref("torch.uint8"),)):
            return True
        case Result(Ref(name)) if name in _FACTORIES:
            return mask.keyword("dtype") == Ref("torch.uint8")
    return False


def _keyword(call: Call, name: str, entry: tuple[str, str, str]) -> Iterator[Removed]:
    for keyword in call.node.keywords:
        if keyword.arg == name and isinstance(call.scope.value(keyword.value), Const):
            yield Removed(entry, keyword.value, call.scope.span(keyword), f"{name}=")


def _indexed_losses(scope: Scope, rule: Rule) -> Iterator[Removed]:
    for node in nodes(scope):
        match node:
            case ast.Subscript(value=owner, slice=ast.Constant(value=0), ctx=ast.Load()):
                is_data = isinstance(owner, ast.Attribute) and owner.attr == "data"
                loss = owner.value if is_data else owner  # type: ignore[attr-defined]
                if isinstance(loss, ast.Name | ast.Attribute) and _is_number(scope, loss, is_data):
                    text = scope.text(loss)
                    edits = (replace_node(scope, node, f"{text}.item()"),)
                    span = scope.span(node)
                    yield Removed(rule.data["scalar_index"], node, span, scope.text(node), edits, text)


def _is_number(scope: Scope, loss: ast.expr, is_data: bool) -> bool:
    """Whether an expression is a tensor without dimensions; `loss.data[0]` of an unknown loss is the old idiom."""
    if is_scalar(scope, loss):
        return True
    unknown = types.class_of(scope, scope.value(loss)) is None
    named = is_data and unknown and bool(_LOSS_NAME.search(written_name(loss)))
    return named and not has_elements(scope, loss)
