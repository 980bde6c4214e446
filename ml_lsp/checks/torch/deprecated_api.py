"""See rules/torch/deprecated-api.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument, add_import, in_brackets_where_needed, replace_node
from ml_lsp.renaming import rename
from ml_lsp.semantics import library, types
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.outside_names import Mention, is_told_apart, is_type_question, used_names_with
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import enclosing_class
from ml_lsp.semantics.torch.ranks import rank
from ml_lsp.semantics.values import Const, Ref
from ml_lsp.semantics.version_guards import is_version_guarded
from ml_lsp.semantics.versions import has_reached
from ml_lsp.text import Edit, Span

_LOSS = re.compile(r"torch\.nn\.(?:\w+Loss|functional\.\w+)\Z")
_MODEL = re.compile(r"torchvision\.models\.(?:\w+\.)*[a-z]\w*\Z")
# What the boolean arguments of losses were replaced by.
_REDUCTIONS = {
    ("size_average", False): "sum",
    ("size_average", True): "mean",
    ("reduce", False): "none",
    ("reduction", "elementwise_mean"): "mean",
}


class Deprecated(NamedTuple):
    """A use of what is deprecated: `entry` of the page's data, the place and the remedy."""

    entry: tuple[str, str, str]
    node: ast.AST
    span: Span
    name: str
    edits: tuple[Edit, ...] = ()
    safe: bool = True
    message: str = ""


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report names and arguments that have a successor in the workspace's version of the library."""
    versions = body.scope.inquiry.versions
    words = _last_parts(rule)
    for scope in body.scopes:
        for found in _all(scope, rule, words):
            owner, since, instead = found.entry
            if has_reached(versions, owner, since) and not is_version_guarded(scope, found.node):
                yield rule.finding(
                    found.span,
                    edits=found.edits,
                    safe=None if found.safe else False,
                    message=found.message,
                    name=found.name,
                    library=owner,
                    since=since,
                    instead=instead,
                )


def _last_parts(rule: Rule) -> frozenset[str]:
    dotted = (*rule.data["renamed"], *rule.data["replaced"], *rule.data["moved"], *rule.data["private"])
    return frozenset(name.rpartition(".")[2] for name in dotted)


def _all(scope: Scope, rule: Rule, words: frozenset[str]) -> Iterator[Deprecated]:
    yield from _names(scope, rule, words)
    yield from _transposes(scope, rule.data["transpose"])
    for call in scope.calls:
        yield from _calls(call, rule)


def _names(scope: Scope, rule: Rule, words: frozenset[str]) -> Iterator[Deprecated]:
    renamed, replaced = rule.data["renamed"], rule.data["replaced"]
    for mention in used_names_with(scope, words):
        assert isinstance(mention.node, ast.expr)
        if is_told_apart(scope, mention.node) or is_type_question(scope, mention.node):
            continue
        text = scope.text(mention.node)
        if mention.name in renamed:
            owner, since, new = renamed[mention.name]
            edits = rename(scope, mention.node, new, lambda where, use: True)
            yield Deprecated((owner, since, f"`{new}`"), mention.node, mention.span, text, edits)
        elif mention.name in rule.data["moved"]:
            owner, since, module = rule.data["moved"][mention.name]
            edits = _moved(scope, mention.node, module)
            new = f"`{module}.{mention.name.rpartition('.')[2]}`"
            yield Deprecated((owner, since, new), mention.node, mention.span, text, edits)
        elif mention.name in rule.data["private"]:
            entry, message = rule.data["private"][mention.name], rule.data["private_message"]
            yield Deprecated(entry, mention.node, mention.span, text, message=message)
        elif mention.name in replaced and _is_first(mention, rule):
            yield Deprecated(replaced[mention.name], mention.node, mention.span, text)


def _moved(scope: Scope, node: ast.expr, module: str) -> tuple[Edit, ...]:
    """The same name of another module, where the module is written: `functorch.vmap` to `vmap` of torch.func."""
    if not isinstance(node, ast.Attribute):
        return ()
    written, imports = add_import(scope.inquiry, module, node.attr)
    return (*imports, replace_node(scope, node, written))


def _is_first(mention: Mention, rule: Rule) -> bool:
    """Whether a name is to be reported here: of some, the first use in a file is enough."""
    once, scope = rule.data["once"], mention.scope
    if mention.name not in once:
        return True
    words = {name.rpartition(".")[2] for name in once}
    uses = (
        other
        for here in scopes_mentioning(scope.inquiry, *words)
        for other in used_names_with(here, words)
        if other.name in once
    )
    return next(uses, mention).node is mention.node


def _transposes(scope: Scope, entry: tuple[str, str, str]) -> Iterator[Deprecated]:
    """`x.T` of a tensor that certainly has more than two dimensions."""
    for node in scope.flow.attribute_reads.get("T", ()):
        if isinstance(node, ast.Attribute) and (rank(scope.value(node.value)) or 0) > 2:
            yield Deprecated(entry, node, scope.span(node), scope.text(node))


def _calls(call: Call, rule: Rule) -> Iterator[Deprecated]:
    data, name = rule.data, call.name or ""
    written = call.scope.text(call.node.func)
    if name == "torch.autograd.Variable":
        yield Deprecated(data["variable"], call.node, call.callee_span, "Variable", _bare(call), safe=False)
    elif name == "torch.meshgrid" and call.lacks(None, "indexing"):
        edits = (add_argument(call, 'indexing="ij"'),)
        yield Deprecated(data["meshgrid"], call.node, call.callee_span, f"{written} without indexing", edits)
    elif name in data["align_corners"] and call.lacks(data["align_corners"][name], "align_corners"):
        edits = (add_argument(call, "align_corners=False"),)
        entry, place = data["align_corners_since"], call.callee_span
        yield Deprecated(entry, call.node, place, f"{written} without align_corners", edits)
    elif name in data["scaled_functions"] and len(call.node.args) == 3:
        stated = (*data["scaled"][:2], data["scaled"][2].format(name=written))
        yield Deprecated(stated, call.node, call.callee_span, f"{written} with a number in the middle")
    elif _LOSS.match(name):
        yield from _reductions(call, data["reduction"])
    elif _MODEL.match(name):
        yield from _pretrained(call, data["pretrained"])
    elif call.method == "get_lr" and _is_outside_scheduler(call):
        edits = (Edit(call.name_span, "get_last_lr"),)
        yield Deprecated(data["get_lr"], call.node, call.name_span, "get_lr()", edits)


def _bare(call: Call) -> tuple[Edit, ...]:
    """The tensor in place of `Variable(tensor)`."""
    if len(call.node.args) != 1 or call.node.keywords or isinstance(call.node.args[0], ast.Starred):
        return ()
    text = in_brackets_where_needed(call.scope, call.node.args[0], None)
    return (replace_node(call.scope, call.node, text),)


def _reductions(call: Call, entry: tuple[str, str, str]) -> Iterator[Deprecated]:
    scope = call.scope
    old = [k for k in call.node.keywords if k.arg in ("size_average", "reduce")]
    old += [
        k for k in call.node.keywords if k.arg == "reduction" and _constant(scope, k) == "elementwise_mean"
    ]
    for keyword in old[:1]:
        new = _REDUCTIONS.get((str(keyword.arg), _constant(scope, keyword))) if len(old) == 1 else None
        argument = f'reduction="{new or "..."}"'
        edits = (replace_node(scope, keyword, argument),) if new else ()
        stated = (*entry[:2], entry[2].format(argument=argument))
        yield Deprecated(stated, keyword.value, scope.span(keyword), scope.text(keyword), edits)


def _constant(scope: Scope, keyword: ast.keyword) -> object:
    value = scope.value(keyword.value)
    return value.value if isinstance(value, Const) and isinstance(keyword.value, ast.Constant) else None


def _pretrained(call: Call, entry: tuple[str, str, str]) -> Iterator[Deprecated]:
    scope = call.scope
    for keyword in call.node.keywords:
        if keyword.arg not in ("pretrained", "pretrained_backbone"):
            continue
        given, plain = _constant(scope, keyword), str(call.name).count(".") == 2
        new = "weights" + keyword.arg.removeprefix("pretrained")
        argument = f"{new}=None" if given is False else f'{new}="IMAGENET1K_V1"' if given and plain else ""
        edits = (replace_node(scope, keyword, argument),) if argument else ()
        stated = (*entry[:2], entry[2].format(argument=argument or f"{new}="))
        yield Deprecated(
            stated, keyword.value, scope.span(keyword), scope.text(keyword), edits, given is False
        )


def _is_outside_scheduler(call: Call) -> bool:
    """Whether `get_lr()` is called on a scheduler of torch, and not from inside a scheduler."""
    around = enclosing_class(call.scope)
    if call.receiver is None or (around is not None and around.is_a(library.SCHEDULER)):
        return False
    found = types.class_of(call.scope, call.receiver)
    return (
        isinstance(found, Ref)
        and found.name.startswith("torch.")
        and library.is_a(found.name, library.SCHEDULER)
    )
