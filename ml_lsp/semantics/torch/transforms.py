"""Transform pipelines: the steps that an image goes through, in order, and what each does."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.values import Const, Display, Op, Ref, Result, Star, Value

_SEQUENTIAL = "torch.nn.Sequential"
PIPELINES = frozenset({
    "torchvision.transforms.Compose", "torchvision.transforms.v2.Compose", _SEQUENTIAL,
    "albumentations.Compose", "albumentations.Sequential",
})  # fmt: skip
# Pipelines that run their steps now and then.
_SOMETIMES = frozenset({
    "torchvision.transforms.RandomApply", "torchvision.transforms.v2.RandomApply",
    "torchvision.transforms.RandomOrder", "torchvision.transforms.v2.RandomOrder",
    "torchvision.transforms.RandomChoice", "torchvision.transforms.v2.RandomChoice",
    "albumentations.OneOf", "albumentations.SomeOf",
})  # fmt: skip
_TORCHVISION = re.compile(r"torchvision\.transforms\.(v2\.)?([A-Z]\w*)\Z")
# What torchvision cannot be made answerable for: functions of the project, choices at random.
_OPAQUE = frozenset({"Lambda", "Compose", "RandomApply", "RandomOrder", "RandomChoice"})
_NEVER = (Const(0), Const(0.0))
_ALWAYS = (Const(1), Const(1.0))
_DEEPEST = 4


@dataclass(frozen=True, eq=False)
class Step:
    """A step of a torchvision pipeline. `name` is empty for one of which it is not known what it does."""

    name: str
    is_v2: bool
    value: Value


def steps_of(pipeline: Value) -> tuple[Step, ...]:
    """The steps of a torchvision pipeline as written; none if the list cannot be seen."""
    listed = _listed(pipeline) if isinstance(pipeline, Result) else None
    return tuple(map(_step, listed or ()))


def _step(value: Value) -> Step:
    match value:
        case Result(Ref(dotted)) if (found := _TORCHVISION.match(dotted)) is not None:
            name = found.group(2)
            return Step("" if name in _OPAQUE else name, bool(found.group(1)), value)
    return Step("", False, value)


def since_unknown(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The last of some steps, as far back as it is known what they do."""
    unknown = [index for index, step in enumerate(steps) if not step.name]
    return steps[unknown[-1] + 1 :] if unknown else steps


def greatest(step: Value, argument: str) -> float | None:
    """The greatest of the numbers that a step is given first or by a keyword; None if one is not known."""
    given = step.argument(0, argument) if isinstance(step, Result) else None
    match given:
        case Op("*", (Display() as listed, Const())):
            given = listed
    if not isinstance(given, Display) or not given.items:
        return None
    numbers = [item.value if isinstance(item, Const) else None for item in given.items]
    known = [number for number in numbers if isinstance(number, int | float)]
    return max(known) if len(known) == len(numbers) else None


def scale_of(steps: tuple[Step, ...]) -> int | None:
    """The largest value, 1 or 255, of the images that come out of some steps; None if it cannot be told."""
    scale: int | None = None
    for step in steps:
        match step.name:
            case "ToTensor" | "ConvertImageDtype":
                scale = 1
            case "PILToTensor" | "ToImage":
                scale = 255
            case "ToDtype":
                scaling = step.value.argument(1, "scale") if isinstance(step.value, Result) else None
                scale = 1 if scaling == Const(True) else scale if scaling is None else None
            case "Normalize" | "ToPILImage":
                return None
    return scale


def random_steps(pipeline: Value, listed: Collection[str], depth: int = _DEEPEST) -> Iterator[Result]:
    """The steps of a pipeline, those of pipelines in it included, that change images at random.

    `listed` are the dotted names of their classes. A step that is given `p=0` does nothing.
    """
    match pipeline:
        case Result(Ref(name)) if name in PIPELINES | _SOMETIMES:
            for step in (_listed(pipeline) or ()) if depth else ():
                yield from random_steps(step, listed, depth - 1)
        case Result(Ref(name)) if name in listed and pipeline.keyword("p") not in _NEVER:
            if not (name.endswith("Flip") and pipeline.keyword("p") in _ALWAYS):
                yield pipeline


def _listed(pipeline: Result) -> tuple[Value, ...] | None:
    """The steps that a pipeline is given; None if some cannot be seen."""
    if pipeline.callee == Ref(_SEQUENTIAL):
        items: tuple[Value, ...] = pipeline.args
    else:
        given = pipeline.argument(0, "transforms")
        if not isinstance(given, Display) or given.kind not in ("list", "tuple"):
            return None
        items = given.items
    return None if any(isinstance(step, Star) for step in items) else items
