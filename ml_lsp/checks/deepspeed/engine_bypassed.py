"""See rules/deepspeed/engine-bypassed.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import delete_statement, replace_node
from ml_lsp.semantics.body import Body, is_loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.engine_steps import (
    accumulates,
    casts_by_hand,
    divided_by_hand,
    is_own_step,
    is_plain_backward,
    runs_with,
    scales_by_hand,
    waits_by_hand,
)
from ml_lsp.semantics.config.engines import Initialized, initialized
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.graph import upstream
from ml_lsp.semantics.torch.guards import is_unguarded
from ml_lsp.semantics.values import Attr, Result, Value
from ml_lsp.semantics.versions import certainly_before
from ml_lsp.text import Edit

_CLIPS = ("torch.nn.utils.clip_grad_norm_", "torch.nn.utils.clip_grad_value_")


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report what goes past the engine which owns the training step."""
    if is_test_code(body.scope):
        return
    for made in initialized(body):
        training = _Training(made, tuple(call for call in body.calls if call.when > made.call.when))
        found = [(kind, call, node) for call in training.later for kind, node in _bypasses(call, training)]
        if found:
            (kind, first, node), *others = found
            related = [call.scope.related(at, "goes past the engine, too") for _, call, at in others]
            parts = [tuple(_instead(kind, call, training)) for kind, call, _ in found]
            edits = [edit for part in parts for edit in part] if all(parts) else []
            yield rule.finding(
                first.scope.span(node), edits=edits, related=related, what=rule.data["what"][kind]
            )


@dataclass(frozen=True, eq=False)
class _Training:
    """What is done after an engine was made. `later`: all calls; `owned`: the engine's own steps and backwards."""

    made: Initialized
    later: tuple[Call, ...]

    @cached_property
    def owned(self) -> tuple[Call, ...]:
        return tuple(
            call
            for call in self.later
            if call.method in ("backward", "step")
            and call.receiver is not None
            and self.made.is_engine(call.receiver)
        )

    @cached_property
    def plain(self) -> tuple[Call, ...]:
        """The backwards of losses that come out of the engine."""
        return tuple(call for call in self.later if is_plain_backward(call, self.made))

    @cached_property
    def steps(self) -> bool:
        """Whether the engine steps."""
        return any(call.method == "step" for call in self.owned)

    @cached_property
    def engine(self) -> str:
        """The engine as it is written where it is used; empty where it is not."""
        for call in self.later:
            if self.made.is_engine(call.callee):
                return call.scope.text(call.node.func)
            if call.receiver is not None and self.made.is_engine(call.receiver):
                return call.scope.text(call.node.func).rpartition(".")[0]
        return ""


def _bypasses(call: Call, training: _Training) -> Iterator[tuple[str, ast.expr]]:
    """What a call does that the engine should do, by its name in the rule's texts, and where."""
    made = training.made
    kind = _taken_over(call, training)
    if kind and runs_with(call, made, (*training.owned, *training.plain)):
        yield kind, call.node
    if call in training.owned and (number := accumulates(made)) is not None:
        divided = divided_by_hand(call, number) if call.method == "backward" else None
        if divided is not None:
            yield "divide", divided
        if call.method == "step" and waits_by_hand(call, number):
            yield "wait", call.node


def _taken_over(call: Call, training: _Training) -> str:
    """Which of the engine's tasks a call takes over; empty if none."""
    made, receiver = training.made, call.receiver
    if not training.owned and not training.plain:
        return ""
    if call.method == "step" and receiver is not None:
        if made.is_optimizer(receiver) or is_own_step(call, made):
            return "step"
        return "schedule" if training.steps and made.is_scheduler(receiver) else ""
    if call in training.plain:
        return "backward" if _is_ignored(call, training) else ""
    if call.name in _CLIPS:
        clipped = call.argument_value(0, "parameters")
        return "clip" if clipped is not None and _is_trained(clipped, made) else ""
    if scales_by_hand(call, made):
        return "scale"
    if casts_by_hand(call, made):
        return "cast" if is_unguarded(Act(call)) else ""
    in_loop = any(is_loop(block.node) for block in call.block.chain())
    if in_loop and call.name is None and made.is_model(call.callee) and is_unguarded(Act(call)):
        return "forward" if _is_differentiated(call, training) else ""
    return _clearing(call, training)


def _clearing(call: Call, training: _Training) -> str:
    """Gradients of the engine's optimizer are cleared although it accumulates, or steps by hand as well."""
    if call.method != "zero_grad" or call.receiver is None or not training.made.is_optimizer(call.receiver):
        return ""
    by_hand = not training.steps and any(
        other.method == "step" and other.receiver is not None and training.made.is_optimizer(other.receiver)
        for other in training.later
    )
    return "clear" if by_hand else ""


def _is_ignored(backward: Call, training: _Training) -> bool:
    """Whether a plain backward is not what the engine hooks into: it is too old for that, or never steps."""
    if certainly_before(backward.scope.inquiry.versions, "deepspeed", "0.18"):
        return True
    made = training.made
    return not training.steps and any(
        call.method == "step"
        and call.receiver is not None
        and (made.is_optimizer(call.receiver) or is_own_step(call, made))
        for call in training.later
    )


def _is_trained(parameters: Value, made: Initialized) -> bool:
    match parameters:
        case Result(Attr(Attr(owner, "module") | owner, "parameters")):
            return made.is_model(owner) or made.is_engine(owner)
    return False


def _is_differentiated(call: Call, training: _Training) -> bool:
    """Whether a backward, the engine's or a plain one, is of a loss that comes out of a call."""
    for other in training.owned:
        loss = other.argument_value(0, "loss") if other.method == "backward" else None
        parts = upstream(loss) if loss is not None else ()
        if any(part.site is not None and part.site.node is call.node for part in parts):
            return True
    return False


def _instead(kind: str, call: Call, training: _Training) -> Iterator[Edit]:
    """What the engine does in place of what goes past it, where it can be told by its name."""
    engine, scope = training.engine, call.scope
    if not engine:
        return
    if kind == "backward" and isinstance(call.node.func, ast.Attribute):
        yield replace_node(scope, call.node, f"{engine}.backward({scope.text(call.node.func.value)})")
    elif kind == "step" and not training.steps:
        yield replace_node(scope, call.node, f"{engine}.step()")
    elif kind == "clear":
        statement = scope.statement_of(call.node)
        if isinstance(statement, ast.Expr) and statement.value is call.node:
            yield delete_statement(scope, statement)
