"""See rules/torch/linear-without-activation.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.layers import Layer, Pair, neighbours, number
from ml_lsp.semantics.torch.objects import enclosing_class, written_name
from ml_lsp.semantics.values import Attr, Const, Param, identity
from ml_lsp.text import Edit, Span

_LINEAR = "torch.nn.Linear"
_CONV = re.compile(r"torch\.nn\.Conv\dd\Z")
_TRANSPARENT = re.compile(r"torch\.nn\.(?:\w*Dropout\d?d?|Identity)\Z|torch\.nn\.functional\.dropout\Z")
# Names of layers and classes that are linear on purpose.
_ON_PURPOSE = re.compile(
    r"rank|lora|(?:^|_)low|bottleneck|reduc|proj|adapter|linear_?(?:model|net|regression|baseline|probe)|baseline|embed"
    r"|factor|down|up(?:_|\d|$)|squeeze|expand|dummy|toy|simple",
    re.IGNORECASE,
)
_GATE = re.compile(r"GLU|Gat(?:e|ed|ing)(?![a-z])|Maxout")
_COMMENTED_OUT = re.compile(r"#\s*(?:torch\.)?nn\.\w+\(")


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report a linear layer that takes what another one gives, unchanged."""
    if is_test_code(body.scope):
        return
    reported: set[ast.AST] = set()
    for pair in neighbours(body):
        site = pair.second.made.site
        if site is None or site.node in reported or site.scope.inquiry.asker is not None:
            continue
        if _is_one_map(pair) and not _is_meant(pair) and _is_used_once(pair):
            reported.add(site.node)
            edits = _between(site.scope, site.node) if pair.call is None else []
            words = (layer.name.rpartition(".")[2] for layer in (pair.first, pair.second))
            first, second = words
            yield rule.finding(
                site.scope.span(site.node), edits=edits, first=first, second=second, activation="nn.ReLU()"
            )


def _is_one_map(pair: Pair) -> bool:
    """Whether two layers are certainly linear, with biases, and not narrow in the middle."""
    first, second = pair.first, pair.second
    if not all(_TRANSPARENT.match(name) for name in pair.between):
        return False
    if first.name == second.name == _LINEAR:
        return _has_bias(first) and _has_bias(second) and _is_wide(first, second)
    convs = first.name == second.name and _CONV.match(first.name) and not pair.between
    return bool(convs) and all(map(_is_full, (first, second))) and _is_wide(first, second)


def _has_bias(layer: Layer) -> bool:
    return layer.made.argument(2, "bias") in (None, Const(True))


def _is_full(layer: Layer) -> bool:
    """Whether a convolution mixes all channels over more than one pixel, and has a bias.

    With padding a pair of them is the cheap form of a larger one, as many published networks have it.
    """
    size, groups = layer.made.argument(2, "kernel_size"), layer.made.argument(6, "groups")
    known = size is not None and number(layer.scope, size) not in (None, 1)
    padded = layer.made.argument(4, "padding") not in (None, Const(0))
    return (
        known
        and not padded
        and groups in (None, Const(1))
        and layer.made.argument(7, "bias") in (None, Const(True))
    )


def _is_wide(first: Layer, second: Layer) -> bool:
    """Whether what passes between is at least as wide as one of the ends."""
    assert first.sizes is not None and second.sizes is not None, "linear layers and convolutions have sizes"
    middle, ends = (
        first.given(first.sizes.gives),
        (first.given(first.sizes.takes), second.given(second.sizes.gives)),
    )
    if middle is None or None in ends:
        return False
    width = number(first.scope, middle)
    known = [number(layer.scope, end) for layer, end in zip((first, second), ends, strict=True)]
    if width is not None and all(size is not None for size in known):
        return width >= min(size for size in known if size is not None)
    return any(end is not None and identity(end) == identity(middle) for end in ends)


def _is_meant(pair: Pair) -> bool:
    """Whether a name says that the pair is linear on purpose, or weights that the class loads settle it."""
    if _is_left_out(pair) or _belongs_to_gate(pair):
        return True
    names = []
    for layer in (pair.first, pair.second):
        site = layer.made.site
        if site is not None:
            statement = site.scope.statement_of(site.node)
            targets = getattr(statement, "targets", [])
            names += [site.scope.text(target) for target in targets if not isinstance(target, ast.Tuple)]
            owner = enclosing_class(site.scope)
            if owner is not None and _is_fixed_by_weights(owner):
                return True
            names += [owner.name, site.scope.name] if owner is not None else [site.scope.name]
    for value in (pair.call.callee if pair.call else None, pair.fed_by.callee if pair.fed_by else None):
        names += [value.name] if isinstance(value, Attr) else []
    return any(_ON_PURPOSE.search(name) for name in names)


def _is_fixed_by_weights(owner: Class) -> bool:
    """Whether a module loads weights that somebody has trained into itself, which say what layers it has."""
    methods = (method for one in owner.lineage() for method in one.methods.values())
    return any(
        call.method == "load_state_dict"
        and isinstance(call.receiver, Param)
        and call.receiver.name == method.self_name
        for method in methods
        for call in method.calls
    )


def _belongs_to_gate(pair: Pair) -> bool:
    """Whether the second layer is that of a gated unit, which follows it: `nn.Linear(d, 2 * d), nn.GLU()`."""
    site = pair.second.made.site
    assert site is not None, "only layers that stand somewhere are looked at"
    statement = site.scope.statement_of(site.node)
    parts = ast.walk(statement) if statement is not None else ()
    rows = (node.args for node in parts if isinstance(node, ast.Call))
    return any(
        one is site.node and isinstance(following, ast.Call) and _GATE.search(written_name(following.func))
        for row in rows
        for one, following in pairwise(row)
    )


def _is_left_out(pair: Pair) -> bool:
    """Whether the activation stands between the two, commented out: somebody has decided."""
    first, second = pair.first.made.site, pair.second.made.site
    if first is None or second is None or first.scope is not second.scope:
        return False
    tree = first.scope.tree  # which may be that of another file
    between = tree.text[tree.span(first.node).end : tree.span(second.node).start]
    return bool(_COMMENTED_OUT.search(between))


def _is_used_once(pair: Pair) -> bool:
    """Whether only the second layer uses what the first one gives."""
    if pair.call is None or pair.fed_by is None or pair.fed_by.site is None:
        return True
    scope = pair.call.scope
    statement = scope.statement_of(pair.fed_by.site.node)
    if statement is None or statement is scope.statement_of(pair.call.node):
        return True
    loads = [
        load
        for found in scope.flow.loads_of.values()
        for load in found
        if any(definition.node is statement for definition in load.definitions)
    ]
    return len(loads) == 1


def _between(scope: Scope, node: ast.AST) -> list[Edit]:
    """An activation before a layer of a Sequential, named as the layer is."""
    func = node.func if isinstance(node, ast.Call) else None
    if not isinstance(func, ast.Attribute):
        return []
    start = scope.span(node).start
    return [Edit(Span(start, start), f"{scope.text(func.value)}.ReLU(), ")]
