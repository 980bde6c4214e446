"""See rules/torch/transform-order.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.torch.transforms import Step, greatest, scale_of, since_unknown, steps_of
from ml_lsp.text import Edit

_NORMALIZE = "Normalize"
_MAKE_TENSORS = ("ToTensor", "PILToTensor", "ToImage", "ToDtype", "ConvertImageDtype")
_REFUSE_TENSORS = ("ToTensor", "PILToTensor")
# The largest mean that images between 0 and 1 can have, with room for rounding.
_LARGEST_MEAN = 1.5


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the first step of a torchvision pipeline that fails, or does damage, where it stands."""
    steps = steps_of(call.value)
    for index, step in enumerate(steps):
        before = since_unknown(steps[:index])
        early = _too_early(steps, index)
        what = early or _too_late(step, before, rule) or _wrong_scale(step, before)
        if what:
            written = _written(call)
            place = written[index] if len(written) == len(steps) else call.node.func
            edits = _swapped(call, steps, index) if early and place is not call.node.func else []
            yield rule.finding(call.scope.span(place), edits=edits, what=what)
            return


def _written(call: Call) -> list[ast.expr]:
    """The steps as they stand in the call."""
    listed = call.argument(0, "transforms")
    return listed.elts if isinstance(listed, ast.List | ast.Tuple) else call.node.args


def _too_early(steps: tuple[Step, ...], index: int) -> str:
    """What a step needs that a later one makes."""
    step = steps[index]
    takes_images = step.name != _NORMALIZE and not (step.name == "RandomErasing" and not step.is_v2)
    if takes_images or any(s.name in ("", *_MAKE_TENSORS) for s in steps[:index]):
        return ""
    for later in steps[index + 1 :]:
        if later.name == "ToPILImage":
            return ""  # which takes tensors: the pipeline begins with one
        if later.name in _MAKE_TENSORS:
            return f"`{step.name}` fails on what is no tensor before `{later.name}`"
        if not later.name:
            return ""
    return ""


def _too_late(step: Step, before: tuple[Step, ...], rule: Rule) -> str:
    """What the steps before a step have done that it cannot take."""
    names = [s.name for s in before]
    if "ToPILImage" in names:
        return ""
    if step.name in _REFUSE_TENSORS and not step.is_v2 and any(name in _MAKE_TENSORS[:3] for name in names):
        return f"`{step.name}` fails on what is a tensor already"
    if step.name == _NORMALIZE and names[-1:] in (["PILToTensor"], ["ToImage"]):
        return f"`Normalize` fails on the integers of `{names[-1]}`, which `ToDtype` makes floats"
    if step.name in rule.data["colour_steps"] and names.count(_NORMALIZE) == 1:
        return f"`{step.name}` cuts off the negative values that `Normalize` makes"
    return ""


def _wrong_scale(step: Step, before: tuple[Step, ...]) -> str:
    """What does not fit between the statistics of a `Normalize` and the images that it gets."""
    mean, largest = greatest(step.value, "mean"), scale_of(before)
    if step.name != _NORMALIZE or mean is None or largest is None:
        return ""
    if mean > _LARGEST_MEAN and largest == 1:
        return "`Normalize` has statistics of 0..255 for images of 0..1"
    if 0 < mean <= 1 and largest > 1:
        return "`Normalize` has statistics of 0..1 for images of 0..255"
    return ""


def _swapped(call: Call, steps: tuple[Step, ...], index: int) -> list[Edit]:
    """The edits that put a `Normalize` behind the `ToTensor` that follows it."""
    if [step.name for step in steps[index : index + 2]] != [_NORMALIZE, "ToTensor"]:
        return []
    scope, (here, then) = call.scope, _written(call)[index : index + 2]
    return [replace_node(scope, here, scope.text(then)), replace_node(scope, then, scope.text(here))]
