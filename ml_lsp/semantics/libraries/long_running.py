"""Programs that run for hours: services, and loops over epochs, steps, batches or for ever."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from ml_lsp.semantics.body import Loop, loop_around
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.loguru import LEVELS, messages
from ml_lsp.semantics.libraries.sinks import Sink
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.semantics.users import users

SERVICE_LIBRARIES = frozenset({
    "fastapi", "flask", "starlette", "sanic", "litestar", "bentoml", "litserve", "aiohttp", "tornado", "quart",
    "grpc", "uvicorn", "gunicorn", "celery",
})  # fmt: skip
_WORK = re.compile(r"epochs?|steps?|batch(?:es)?|(?:data)?loader|iterations?|iters?|episodes?", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]+")


def is_work_loop(loop: Loop) -> bool:
    """Whether a loop does the work of a long run: over epochs, steps or batches, or `while True`."""
    node = loop.node
    if isinstance(node, ast.While):
        if isinstance(node.test, ast.Constant) and bool(node.test.value):
            return True
        texts = [loop.scope.text(node.test)]
    else:
        texts = [loop.scope.text(node.target), loop.scope.text(node.iter)]
    return any(_WORK.fullmatch(word) for text in texts for word in _WORD.findall(text.replace("_", " ")))


def is_service(inquiry: Inquiry) -> bool:
    """Whether a module, or one that uses it, uses a library for services."""
    return inquiry.once(is_service, lambda: any(map(_serves, users(inquiry))))


def _serves(inquiry: Inquiry) -> bool:
    tables = inquiry.module.tables
    if not SERVICE_LIBRARIES.isdisjoint(tables.libraries):
        return True
    return "ray" in tables.libraries and any(name.startswith("ray.serve") for name in tables.imports.values())


def messages_of_work(inquiry: Inquiry, levels: Collection[str] = LEVELS) -> Iterator[Call]:
    """The log calls of a module that stand in a loop that does the work of a long run."""
    for call in messages(inquiry, levels):
        loop = loop_around(call)
        if loop is not None and (is_work_loop(loop) or any(map(is_work_loop, loop.outer))):
            yield call


def grows_without_bound(sink: Sink) -> bool:
    """Whether a sink is one file for all runs, never rotated, of a service or of a module that logs its work."""
    if not sink.is_file or not sink.is_fixed or sink.says("rotation"):
        return False
    inquiry = sink.call.scope.inquiry
    runs_long = next(messages_of_work(inquiry), None) is not None or is_service(inquiry)
    return runs_long and not inquiry.deployment("logrotate")


def logging_modules(inquiry: Inquiry) -> Iterator[Inquiry]:
    """A module and all others of the project that use loguru, tests left out."""
    yield inquiry
    for module in inquiry.modules("loguru"):
        if "loguru" in module.tables.libraries and not is_test_path(module.path):
            other = inquiry.at(module.path)
            if other is not None and other is not inquiry:
                yield other
