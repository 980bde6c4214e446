"""See rules/deepspeed/zero3-weights-not-gathered.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.body import body_of
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.deepspeed import deepspeed_config
from ml_lsp.semantics.config.engines import Zero, engine_of, is_under, sharded_by, zero_of
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.values import Attr, Result, Value, walk
from ml_lsp.syntax.config_edits import insert_key

_GATHER = "stage3_gather_16bit_weights_on_model_save"


def check(subject: Call | ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report a save of weights that ZeRO-3 holds in shards."""
    if isinstance(subject, Call):
        zero = _saved_in_shards(subject, rule)
        if zero is not None:
            stage = zero.file.root.get("zero_optimization", "stage") if zero.file else None
            path = zero.file.file.path if zero.file else None
            related = [Related(stage.span, "stage 3 is set here", path)] if stage is not None else []
            message = rule.data["messages"]["nothing"] if _is_engine_save(subject) else ""
            yield rule.finding(subject.span, related=related, message=message)
    else:
        yield from _of_file(subject, rule)


def _of_file(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """The same where the configuration can be mended: a save by the engine, which does nothing as it is."""
    config = deepspeed_config(file)
    zero = config.root.get("zero_optimization") if config is not None else None
    stage = zero.get("stage") if zero is not None else None
    if config is None or zero is None or stage is None or stage.value != 3:
        return
    for module in config.readers:
        inquiry = Inquiry(module, file.versions, project=file.project)
        for call in _engine_saves(inquiry):
            found = _saved_in_shards(call, rule)
            if found is not None and found.file is not None and found.file.file.path == file.path:
                yield rule.finding(
                    stage.span,
                    edits=[insert_key(zero, _GATHER, "true", file.source)],
                    related=[Related(call.span, "this saves nothing", module.path)],
                    message=rule.data["messages"]["file"],
                    counted_in=module.path,
                )
                return


def _engine_saves(inquiry: Inquiry) -> Iterator[Call]:
    for word in ("save_16bit_model", "save_fp16_model"):
        yield from (call for call in calls_mentioning(inquiry, word) if call.method == word)


def _is_engine_save(call: Call) -> bool:
    return call.method in ("save_16bit_model", "save_fp16_model")


def _saved_in_shards(call: Call, rule: Rule) -> Zero | None:
    """The settings of ZeRO-3 under which a call saves too little."""
    if not call.scope.inquiry.mentions("deepspeed"):
        return None
    gathers = any(call.scope.inquiry.mentions(word) for word in rule.data["gathering"])
    if gathers or _is_for_other_stages(call):
        return None
    made = _engine_saved(call) if _is_engine_save(call) else _model_saved(call)
    if made is None or is_under(call, "deepspeed.zero.GatheredParameters"):
        return None
    zero = zero_of(call.scope.inquiry, made)
    return (
        zero
        if zero is not None and zero.stage == 3 and not (_is_engine_save(call) and zero.gathers)
        else None
    )


def _engine_saved(call: Call) -> Result | None:
    """The engine of a save whose answer nobody looks at."""
    statement = call.scope.statement_of(call.node)
    ignored = isinstance(statement, ast.Expr) and statement.value is call.node
    return engine_of(call.scope, call.receiver) if ignored and call.receiver is not None else None


def _model_saved(call: Call) -> Result | None:
    """The engine whose model, or whose model's state, is saved."""
    before = tuple(other for other in body_of(call.scope).calls if other.when < call.when)
    if call.method == "save_pretrained":
        bare = call.receiver if call.lacks(None, "state_dict") else None
        return sharded_by(call.scope, bare, before) if bare is not None else None
    given = call.scope.value(call.node.args[0]) if call.node.args else None
    for part in walk(given) if given is not None else ():
        model = _stated(part)
        made = sharded_by(call.scope, model, before) if model is not None else None
        if made is not None:
            return made
    return sharded_by(call.scope, given, before) if isinstance(given, Attr) else None


def _stated(value: Value) -> Value | None:
    """The model whose `state_dict()` a value is."""
    match value:
        case Result(Attr(owner, "state_dict")):
            return owner
    return None


def _is_for_other_stages(call: Call) -> bool:
    """Whether the save depends on the stage: `if args.zero_stage != 3:`."""
    tests = [block.node.test for block in call.block.chain() if isinstance(block.node, ast.If)]
    return any("stage" in call.scope.text(test) or "zero" in call.scope.text(test) for test in tests)
