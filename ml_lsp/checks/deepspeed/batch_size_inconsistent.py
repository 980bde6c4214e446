"""See rules/deepspeed/batch-size-inconsistent.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related, Severity
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.deepspeed import DeepSpeedConfig, deepspeed_config
from ml_lsp.semantics.config.engines import engine_of, named_config
from ml_lsp.semantics.config.launches import launches
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.evaluate import unwrapped_iterable
from ml_lsp.semantics.torch.loaders import iterations
from ml_lsp.semantics.values import Result
from ml_lsp.syntax.config_edits import remove_entry

_TOTAL, _MICRO, _STEPS = "train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps"


def check(subject: ConfigFile | Call, rule: Rule) -> Iterator[Finding]:
    """Report batch sizes that no number of processes can make agree, and a loader that has another one."""
    if isinstance(subject, Call):
        yield from _of_loader(subject, rule)
        return
    config = deepspeed_config(subject)
    if config is None or any(config.root.entry(key) for key in rule.data["parallel"]):
        return
    for key in (_TOTAL, _MICRO, _STEPS):
        value, node = config.number(key), config.root.get(key)
        if value is not None and node is not None and value < 1:
            yield rule.finding(node.span, message=rule.data["messages"]["small"], key=key, value=node.raw)
            return
    yield from _disagreeing(config, rule)
    yield from _missing(config, rule)
    yield from _of_launch(config, rule)


def _of_launch(config: DeepSpeedConfig, rule: Rule) -> Iterator[Finding]:
    """All three sizes are given, and the scripts start another number of processes."""
    total, micro, steps = (config.number(key) for key in (_TOTAL, _MICRO, _STEPS))
    node, project = config.root.get(_TOTAL), config.file.project
    if not (total and micro and steps) or node is None or project is None or total % (micro * steps):
        return
    started = [launch for launch in launches(project) if config.file.path.name in launch.text]
    counts = {launch.processes for launch in started}
    count = counts.pop() if len(counts) == 1 else None
    if count is not None and total != micro * steps * count:
        related = [Related(started[0].span, "started here", started[0].path)]
        message = rule.data["messages"]["launch"]
        yield rule.finding(
            node.span, related=related, message=message, total=node.raw, micro=micro, steps=steps,
            count=count, script=started[0].path.name,
        )  # fmt: skip


def _missing(config: DeepSpeedConfig, rule: Rule) -> Iterator[Finding]:
    """Neither of the two from which DeepSpeed works out the rest."""
    known = [config.root.entry(key) for key in (_TOTAL, _MICRO)]
    if known != [None, None] or not config.is_plain or not config.root.entries:
        return
    if any(not module.words.isdisjoint((_TOTAL, _MICRO)) for module in config.readers):
        return  # filled in by the code
    entry = config.root.entry(_STEPS) or config.root.entries[0]
    yield rule.finding(entry.key.span, message=rule.data["messages"]["missing"])


def _of_loader(call: Call, rule: Rule) -> Iterator[Finding]:
    """The loader that feeds an engine hands out batches of another size than the engine is told."""
    if not call.scope.inquiry.mentions("deepspeed"):
        return
    node, size = call.argument(1, "batch_size"), call.constant(1, "batch_size")
    made = _engine_fed_by(call) if isinstance(size, int) and node is not None else None
    config = named_config(call.scope.inquiry, made) if made is not None else None
    micro = config.number(_MICRO) if config is not None and config.is_plain else None
    if config is not None and node is not None and micro is not None and micro != size:
        entry = config.root.entry(_MICRO)
        related = [Related(entry.span, _MICRO, config.file.path)] if entry is not None else []
        message = rule.data["messages"]["loader"]
        yield rule.finding(
            call.scope.span(node), related=related, message=message, severity=Severity.INFO,
            value=size, micro=micro, file=config.file.path.name,
        )  # fmt: skip


def _engine_fed_by(loader: Call) -> Result | None:
    """The engine that runs backward in a loop over the loader, in the same function."""
    scope = loader.scope
    for iteration in iterations(scope):
        over = unwrapped_iterable(scope.value(iteration.iterable))
        if over.site is None or over.site.node is not loader.node:
            continue
        for call in scope.calls:
            if call.method == "backward" and call.receiver is not None and iteration.holds(call.block):
                return engine_of(scope, call.receiver)
    return None


def _disagreeing(config: DeepSpeedConfig, rule: Rule) -> Iterator[Finding]:
    total, node = config.number(_TOTAL), config.root.get(_TOTAL)
    known = [key for key in (_MICRO, _STEPS) if config.root.entry(key) is not None]
    parts = [config.number(key) for key in known]
    if total is None or node is None or not parts or None in parts:
        return
    product = 1
    for part in parts:
        product *= int(part or 1)
    if total % product:
        entry = config.root.entry(_TOTAL)
        assert entry is not None
        both = len(parts) == 2
        yield rule.finding(
            node.span,
            edits=[remove_entry(config.root, entry, config.file.source)] if both else (),
            related=[Related(config.root.entry(key).key.span, key) for key in known],  # type: ignore[union-attr]
            total=node.raw,
            factors=" x ".join(
                f"{part} ({rule.data['short'][key]})" for key, part in zip(known, parts, strict=True)
            ),
        )
