"""See rules/torch/forward-called-directly.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.objects import enclosing_class, is_module
from ml_lsp.semantics.torch.trial_runs import is_trial_run
from ml_lsp.semantics.types import ancestry, class_of, is_a, own_class_of
from ml_lsp.semantics.values import Value
from ml_lsp.text import Edit, Span

_ON_PURPOSE = re.compile(r"hook|raw|orig|direct|export|script", re.IGNORECASE)
# Words of a comment that says why `forward` is called.
_SAID = re.compile(
    r"hook|__call__|bypass|circumvent|avoid|skip|on purpose|intention|deliberate", re.IGNORECASE
)


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report `module.forward(...)` where the module could be called."""
    func, scope, receiver = call.node.func, call.scope, call.receiver
    if not isinstance(func, ast.Attribute) or receiver is None or is_test_code(scope):
        return
    if isinstance(func.value, ast.Name) and func.value.id in ("self", scope.self_name):
        return
    metric = is_a(scope, receiver, library.METRIC)
    if metric or not is_module(scope, receiver) or _is_on_purpose(call) or is_trial_run(call):
        return
    if _has_a_call_of_its_own(scope, receiver, rule.data["other_calls"]):
        return
    span = Span(scope.span(func.value).end, call.callee_span.end)
    simple = scope.inquiry.module.split.text[span.start : span.end] == ".forward"
    model = scope.text(func.value)
    yield rule.finding(span, edits=[Edit(span, "")] if simple else [], safe=_is_plain(call), model=model)


def _has_a_call_of_its_own(scope: Scope, receiver: Value, libraries: Collection[str]) -> bool:
    """Whether calling the module is something else than `forward` with hooks: a GPyTorch model gives a posterior."""
    own, found = own_class_of(scope, receiver), class_of(scope, receiver)
    names = ancestry(scope, found) if found is not None else ()
    others = any(name.partition(".")[0] in libraries for name in names)
    if others or own is None:
        return others
    layer = any(name.startswith("torch.nn.") and name != library.MODULE for name in names)
    # a class with no `forward` leaves both to others
    return own.method("__call__") is not None or (own.method("forward") is None and not layer)


def _is_on_purpose(call: Call) -> bool:
    """Whether code around the call speaks of hooks, replaces `forward` itself, or asks a new module for a shape."""
    if call.scope.name == "__init__":
        return True
    replaced = any(
        event.kind == "store" and isinstance(event.node, ast.Attribute) and event.node.attr == "forward"
        for event in call.scope.flow.events
    )
    owner = enclosing_class(call.scope)
    named = f"{call.scope.name} {owner.name if owner is not None else ''}"
    said = _SAID.search(call.scope.comments_on(call.node))
    return replaced or bool(said) or bool(_ON_PURPOSE.search(named))


def _is_plain(call: Call) -> bool | None:
    """None if no hook is registered in the module, so that calling computes the same; else False."""
    hooks = ("register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook")
    return False if any(call.scope.inquiry.mentions(hook) for hook in hooks) else None
