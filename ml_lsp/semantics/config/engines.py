"""DeepSpeed's engines: which values are one, the models behind them, what came with them, and what configures them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Assignment
from ml_lsp.semantics.config.deepspeed import DeepSpeedConfig, deepspeed_config
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Attr, Const, Display, Item, Param, Ref, Result, Value, identity, options

INITIALIZE = "deepspeed.initialize"
# What `initialize` returns, in order: https://deepspeed.readthedocs.io/en/latest/initialize.html
_ENGINE, _OPTIMIZER, _SCHEDULER = 0, 1, 3
_TELLING = frozenset({"zero_optimization", "train_micro_batch_size_per_gpu", "train_batch_size"})


def engine_of(scope: Scope, value: Value) -> Result | None:
    """The `deepspeed.initialize(...)` that certainly made an engine; None for any other value."""
    found = [_made(scope, option) for option in options(value)]
    sites = {one.site if one is not None else None for one in found}
    return found[0] if len(sites) == 1 else None


def _made(scope: Scope, value: Value) -> Result | None:
    match value:
        case Item(Result(Ref(name)) as made, Const(at)) if name == INITIALIZE and at == _ENGINE:
            return made
        case Attr(Param() as owner, name) if scope.owner is not None and owner.name == scope.self_name:
            kept = scope.owner.assignments(name)
            return _kept(kept[0]) if len(kept) == 1 else None
    return None


def _kept(assignment: Assignment) -> Result | None:
    """The engine that an assignment keeps: `self.engine, *_ = deepspeed.initialize(...)`."""
    scope, statement = assignment.scope, assignment.node
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=[first, *_])], value=value) if first is assignment.target:
            found = scope.value(value)
            return found if isinstance(found, Result) and found.callee == Ref(INITIALIZE) else None
    return _made(scope, scope.value(assignment.value)) if assignment.value is not None else None


def sharded_by(scope: Scope, value: Value, before: tuple[Call, ...]) -> Result | None:
    """The `deepspeed.initialize(...)` behind an engine, its `.module`, or the model that was given to it.

    `before`: the calls that have been made until the value is used.
    """
    inner = value.owner if isinstance(value, Attr) and value.name == "module" else value
    made = engine_of(scope, inner)
    if made is not None:
        return made
    for call in before:
        model = call.argument_value(1, "model") if call.name == INITIALIZE else None
        if model is not None and identity(model) == identity(value) and isinstance(call.value, Result):
            return call.value
    return None


@dataclass(frozen=True, eq=False)
class Zero:
    """What is configured of ZeRO. `file` is None where a dict in Python does it; a stage of None is not known."""

    stage: object
    gathers: bool
    file: DeepSpeedConfig | None = None


def zero_of(inquiry: Inquiry, made: Result) -> Zero | None:
    """The ZeRO settings of an engine: of the file or dict it is given, else of the workspace's only file."""
    given = _given_config(made)
    if isinstance(given, Display) and given.kind == "dict":
        return _of_dict(given)
    if isinstance(given, Const):
        named = named_config(inquiry, made)
        return _of_file(named) if named is not None else None
    found = list(_configs(inquiry))
    return _of_file(found[0]) if len(found) == 1 else None


def named_config(inquiry: Inquiry, made: Result) -> DeepSpeedConfig | None:
    """The file that an engine's `config=` names, if there is one such file in the workspace."""
    given = _given_config(made)
    if not isinstance(given, Const):
        return None
    found = [config for config in _configs(inquiry) if _is_named(config.file.path, given.value)]
    return found[0] if len(found) == 1 else None


def _given_config(made: Result) -> Value | None:
    return made.argument(10, "config") or made.keyword("config_params")


def _configs(inquiry: Inquiry) -> Iterator[DeepSpeedConfig]:
    for file in inquiry.configs():
        if file.language == "json" and not file.words.isdisjoint(_TELLING):
            config = deepspeed_config(replace(file, project=inquiry.project))
            if config is not None:
                yield config


def _is_named(path: Path, name: object) -> bool:
    if not isinstance(name, str) or not name:
        return False
    parts = [part for part in PurePosixPath(name).parts if part not in (".", "..")]
    return path.parts[-len(parts) :] == tuple(parts)


def _of_file(config: DeepSpeedConfig) -> Zero:
    stage = config.root.get("zero_optimization", "stage")
    keys = ("stage3_gather_16bit_weights_on_model_save", "stage3_gather_fp16_weights_on_model_save",
            "gather_16bit_weights_on_model_save")  # fmt: skip
    nodes = [config.root.get("zero_optimization", key) for key in keys]
    return Zero(
        stage.value if stage is not None else None,
        any(node is not None and node.value is not False for node in nodes),
        config,
    )


def _of_dict(given: Display) -> Zero | None:
    zero = given.get("zero_optimization")
    if not isinstance(zero, Display) or zero.kind != "dict" or None in zero.keys:
        return None
    stage = zero.get("stage")
    gathers = any(isinstance(key, Const) and "gather" in str(key.value) for key in zero.keys)
    return Zero(stage.value if isinstance(stage, Const) else None, gathers)


@dataclass(frozen=True, eq=False)
class Initialized:
    """A call of `deepspeed.initialize`."""

    call: Call

    def is_engine(self, value: Value) -> bool:
        """Whether a value is the engine that this call returns."""
        return self._returns(value, _ENGINE)

    def is_model(self, value: Value) -> bool:
        """Whether a value is the model that was handed over."""
        return self._was_given(value, 1, "model")

    def is_optimizer(self, value: Value) -> bool:
        """Whether a value is the optimizer that was handed over, or the one that came back."""
        return self._returns(value, _OPTIMIZER) or self._was_given(value, 2, "optimizer")

    def is_scheduler(self, value: Value) -> bool:
        """Whether a value is the learning rate schedule that was handed over, or the one that came back."""
        return self._returns(value, _SCHEDULER) or self._was_given(value, 5, "lr_scheduler")

    def _returns(self, value: Value, index: int) -> bool:
        site = value.owner.site if isinstance(value, Item) else None
        return _is_result(value, index) and site is not None and site.node is self.call.node

    def _was_given(self, value: Value, position: int, name: str) -> bool:
        given = self.call.argument_value(position, name)
        return given is not None and given != Const(None) and identity(given) == identity(value)


def initialized(body: Body) -> Iterator[Initialized]:
    """The calls of `deepspeed.initialize` in a body."""
    for call in body.calls:
        if call.name == INITIALIZE:
            yield Initialized(call)


def _is_result(value: Value, index: int) -> bool:
    match value:
        case Item(Result(Ref(name)), Const(at)):
            return name == INITIALIZE and at == index
    return False


def is_under(call: Call, name: str) -> bool:
    """Whether a call stands in a `with` that enters what a dotted name made."""
    for block in call.block.chain():
        items = block.node.items if isinstance(block.node, ast.With | ast.AsyncWith) else ()
        for item in items:
            entered = call.scope.value(item.context_expr)
            if isinstance(entered, Result) and entered.callee == Ref(name):
                return True
    return False
