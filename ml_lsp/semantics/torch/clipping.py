"""Where gradients are clipped in a training step, and whether there are any at that moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.body import Body, is_loop
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.torch.training import (
    acts_of,
    cleared,
    exclude_each_other,
    is_backward,
    is_managed_step,
    is_step,
    train_loop,
)
from ml_lsp.semantics.values import Const, Op, Ref, Result


@dataclass(frozen=True, eq=False)
class IdleClip:
    """A clip that changes nothing: after the step (`step` is given), or where gradients have been cleared."""

    clip: Act
    step: Act | None


def idle_clips(body: Body, clips: Collection[str]) -> Iterator[IdleClip]:
    """The clips (calls of these dotted names) of a body that no step can feel."""
    for loop in body.loops():
        training = train_loop(loop)
        if training is not None and not training.is_managed:
            own = set(training.own_acts)  # and the gradients of a loop inside it
            yield from _idle(tuple(act for act in training.acts if act in own or is_backward(act)), clips)
    row = tuple(act for act in acts_of(body) if not any(is_loop(block.node) for block in act.block.chain()))
    if any(map(is_step, row)) and any(map(is_backward, row)) and not is_managed_step(body.scope, row):
        yield from _idle(row, clips)


def _idle(acts: tuple[Act, ...], clips: Collection[str]) -> Iterator[IdleClip]:
    row = [(kind, act) for act in acts if (kind := _kind(act, clips))]
    if not any(kind == "clear" for kind, _ in row):
        return  # gradients add up, so the clip may count for the next step
    for at, (kind, clip) in enumerate(row):
        if kind != "clip" or clip.through or _only_measures(clip):
            continue
        before = [
            (k, act) for k, act in row[:at] if k != "clip" and not exclude_each_other(act.block, clip.block)
        ]
        after = [k for k, _ in row[at + 1 :] if k != "clip"]
        if not before or not clip.block.inside(before[-1][1].block):
            continue
        last, act = before[-1]
        if last == "step" and "step" not in after and "backward" in [k for k, _ in before]:
            yield IdleClip(clip, act)
        elif last == "clear" and after[:1] == ["backward"]:
            yield IdleClip(clip, None)


def _kind(act: Act, clips: Collection[str]) -> str:
    if act.call.name in clips:
        return "clip"
    if is_backward(act):
        return "backward"
    if is_step(act):
        return "step"
    return "clear" if cleared(act) is not None else ""


def _only_measures(clip: Act) -> bool:
    """Whether the bound is infinite: the norm is wanted, not the clip."""
    bound = clip.call.argument_value(1, "max_norm")
    match bound:
        case Result(Ref("builtins.float"), (Const("inf"),)) | Ref("math.inf" | "numpy.inf" | "torch.inf"):
            return True
        case Op():
            return True
    return False
