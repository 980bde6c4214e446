"""See rules/keras/loss-activation-mismatch.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.keras import output_of
from ml_lsp.semantics.libraries.keras_losses import comes_from, compiled_loss, targets_of
from ml_lsp.semantics.values import Value
from ml_lsp.text import Edit

_DENSE = "keras.layers.Dense"


class _Mismatch(NamedTuple):
    """What goes wrong, and the argument that must change, `activation` or `loss`, with its new value."""

    consequence: str
    argument: str
    new: str


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the loss that does not fit the last layer; for softmax over one unit, the activation."""
    model, loss = call.receiver, compiled_loss(call)
    output = output_of(call.scope, model) if model is not None and loss is not None else None
    if model is None or loss is None or output is None or output.class_name != _DENSE:
        return
    units, activation = output.units, output.activation
    if units is None or activation is None:
        return
    name, given = activation
    kind = next(
        (kind for kind in ("binary", "class", "regression") if loss.name in rule.data[f"{kind}_losses"]), ""
    )
    found = _mismatch(name, units, kind, rule)
    if kind == "regression" and name in ("sigmoid", "softmax") and units == 1:
        unscaled = any(comes_from(y, rule.data["regression_targets"]) for y in targets_of(model, call.scope))
        found = (
            _Mismatch("no target outside of 0 to 1 is ever reached", "activation", "") if unscaled else None
        )
    if found is None:
        return
    marked, other = (given, loss.value) if (name, units) == ("softmax", 1) else (loss.value, given)
    if marked.site is None or marked.site.scope.inquiry is not call.scope.inquiry:
        return
    related = (
        [other.site.scope.related(other.site.node, "does not fit this")] if other.site is not None else []
    )
    changed = given if found.argument == "activation" else loss.value
    yield rule.finding(
        marked.site.scope.span(marked.site.node),
        edits=_with(changed, found),
        related=related,
        activation=name,
        units=units,
        loss=loss.name,
        consequence=found.consequence,
        remedy=f'{found.argument}="{found.new}"' if found.new else f"{found.argument}=None",
    )


def _mismatch(activation: str, units: int, kind: str, rule: Rule) -> _Mismatch | None:
    """What is wrong with an activation over some units and a kind of cross-entropy."""
    if kind not in ("binary", "class"):
        return None
    right = "sigmoid" if kind == "binary" or units == 1 else "softmax"
    match activation, kind:
        case "softmax", _ if units == 1:
            return _Mismatch("the output is 1.0 for every input", "activation", "sigmoid")
        case "sigmoid", "class" if units == 1:
            return _Mismatch("the loss is 0 from the first step", "loss", "binary_crossentropy")
        case "softmax", "binary" if units > _SAME_FOR:
            return _Mismatch("each class is trained as if it were alone", "loss", "categorical_crossentropy")
        case "sigmoid", "class":
            return _Mismatch("the outputs do not add up to 1", "activation", "softmax")
    if activation in rule.data["unbounded"]:
        return _Mismatch("the outputs are no probabilities", "activation", right)
    return None


# Over two units, softmax with the binary loss gives the same numbers as with the categorical one.
_SAME_FOR = 2


def _with(value: Value, found: _Mismatch) -> list[Edit]:
    site = value.site
    if site is None or not isinstance(site.node, ast.Constant) or not found.new:
        return []
    return [replace_node(site.scope, site.node, f'"{found.new}"')]
