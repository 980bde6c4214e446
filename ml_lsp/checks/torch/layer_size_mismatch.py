"""See rules/torch/layer-size-mismatch.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.layers import Layer, Pair, neighbours, number
from ml_lsp.semantics.values import Const, identity

_TWO_DIRECTIONS = ("torch.nn.LSTM", "torch.nn.GRU", "torch.nn.RNN")


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report sizes that a layer refuses, and layers that do not take what the one before them gives."""
    if is_test_code(body.scope):
        return
    for call in body.calls:
        if not expects_an_error(call):
            yield from _refused(call, rule)
    reported: set[ast.AST] = set()
    for pair in neighbours(body):
        site = pair.second.made.site
        if site is not None and site.node not in reported and site.scope.inquiry.asker is None:
            for finding in _mismatch(pair, rule):
                reported.add(site.node)
                yield finding


def _refused(call: Call, rule: Rule) -> Iterator[Finding]:
    """Sizes that contradict each other within one layer."""
    messages, name = rule.data["messages"], call.name or ""
    known = rule.data["divisible"].get(name)
    if known is not None:
        whole, part = (number(call.scope, call.argument_value(*place)) for place in known)
        node = call.argument(*known[1])
        if whole is not None and part and whole % part and node is not None:
            message = messages["divide"].format(whole=whole, part=part)
            yield rule.finding(call.scope.span(node), message=message)
    elif name in rule.data["dropouts"]:
        p, node = call.constant(0, "p"), call.argument(0, "p")
        if isinstance(p, int | float) and not 0 <= p <= 1 and node is not None:
            yield rule.finding(call.scope.span(node), message=messages["probability"])


def _mismatch(pair: Pair, rule: Rule) -> Iterator[Finding]:
    first, second, messages = pair.first, pair.second, rule.data["messages"]
    if first.sizes is None or second.sizes is None or first.sizes.kind != second.sizes.kind:
        return
    node = _argument(second)
    taken, given = second.given(second.sizes.takes), first.given(first.sizes.gives)
    if node is None or taken is None or given is None or first.flag("proj_size") is not None:
        return
    both = first.name in _TWO_DIRECTIONS and first.flag("bidirectional") == Const(True)
    if first.name in _TWO_DIRECTIONS and not both and first.flag("bidirectional") not in (None, Const(False)):
        return
    out, into = number(first.scope, given), number(second.scope, taken)
    span = second.scope.span(node)
    if out is not None and into is not None:
        out = out * 2 if both else out
        if out != into:
            yield rule.finding(span, message=messages["follow"], out=out, into=into, kind=first.sizes.kind)
    elif both and identity(given) == identity(taken):
        yield rule.finding(span, message=messages["directions"], into=second.scope.text(node))


def _argument(layer: Layer) -> ast.expr | None:
    """The argument that says what a layer takes, as written."""
    site, place = layer.made.site, layer.sizes.takes if layer.sizes else None
    call = site.scope.call_of(site.node) if site is not None else None
    return call.argument(*place) if call is not None and place is not None else None
