"""Where loguru writes to: the sinks that `logger.add` makes, and where a logger gives up the ones it has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.body import loop_around
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.loguru import is_logger
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.reach import acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import Attr, Const, Op, Param, Ref, Result, Value, options
from ml_lsp.syntax.trees import own_name

_TERMINALS = frozenset({"sys.stderr", "sys.stdout", "sys.__stderr__", "sys.__stdout__", "builtins.print"})
# What a function that is a sink calls to write to the terminal.
_PRINTERS = frozenset({"print", "write", "echo"})
_PATHS = frozenset({"pathlib.Path", "os.path.join", "builtins.str", "os.fspath", "os.path.abspath"})
_QUEUES = tuple(Ref(name) for name in ("queue.Queue", "queue.SimpleQueue", "multiprocessing.Queue"))
_HANDLERS = tuple(
    Ref(f"logging.handlers.{name}Handler")
    for name in ("HTTP", "Queue", "Socket", "Datagram", "SysLog", "SMTP")
)
_NETWORK = ("requests.", "httpx.", "urllib.request.", "aiohttp.", "urllib3.", "http.client.")
_CHANGERS = ("remove", "configure")


@dataclass(frozen=True, eq=False)
class Sink:
    """What one `logger.add(...)` makes; `node` is what it writes to."""

    call: Call
    node: ast.expr

    @property
    def value(self) -> Value:
        """What it writes to."""
        return self.call.scope.value(self.node)

    @property
    def is_terminal(self) -> bool:
        """Whether it certainly writes to the terminal."""
        if isinstance(self.node, ast.Lambda):
            return isinstance(self.node.body, ast.Call) and own_name(self.node.body.func) in _PRINTERS
        return all(isinstance(one, Ref) and one.name in _TERMINALS for one in options(self.value))

    @property
    def is_file(self) -> bool:
        """Whether it certainly writes to a file, given by its path."""
        return all(_is_path(self.call.scope, one) for one in options(self.value))

    @property
    def is_sent(self) -> bool:
        """Whether it certainly hands messages on: over the network, into a queue, to a handler that does so."""
        return all(_is_sender(self.call.scope, one) for one in options(self.value))

    @property
    def is_fixed(self) -> bool:
        """Whether it is the same each time the program gets here, and in each run of the program."""
        return _is_fixed(self.value) and "{time" not in self.text

    @property
    def is_same_each_round(self) -> bool:
        """Whether it is one thing in all rounds of the loop around the call: what the function was given."""
        return isinstance(self.value, Param) and loop_around(self.call) is not None

    @property
    def text(self) -> str:
        """What it writes to, as written, with the constant that a name stands for."""
        value = self.value
        shown = value.value if isinstance(value, Const) and isinstance(value.value, str) else ""
        return f"{self.call.scope.text(self.node)} {shown}"

    def says(self, name: str) -> bool:
        """Whether a setting is given, or may be given through `**settings`."""
        return not self.call.lacks(None, name)


def sink_of(call: Call) -> Sink | None:
    """The sink that a call of loguru's `logger.add` makes; None for other calls."""
    if call.method != "add" or call.receiver is None or not is_logger(call.scope, call.receiver):
        return None
    node = call.argument(0, "sink")
    return Sink(call, node) if node is not None and not isinstance(node, ast.Starred) else None


def changes_of_sinks(inquiry: Inquiry) -> Iterator[Call]:
    """The calls in a module that take sinks away or replace them: `logger.remove()`, `logger.configure(...)`."""
    return (call for call in calls_mentioning(inquiry, *_CHANGERS) if changes_sinks(call))


def changes_sinks(call: Call) -> bool:
    """Whether a call takes sinks away or replaces them."""
    if call.method not in _CHANGERS or call.receiver is None or not is_logger(call.scope, call.receiver):
        return False
    return call.method == "remove" or not call.lacks(0, "handlers")


def removes_default(call: Call) -> bool:
    """Whether a call may take the sink away that loguru starts with: not if it names one that was added."""
    if not changes_sinks(call):
        return False
    given = call.argument_value(0, "handler_id") if call.method == "remove" else None
    return not isinstance(given, Result | Attr)


def _is_path(scope: Scope, value: Value) -> bool:
    match value:
        case Const(str()):
            return True
        case Op("f-string"):
            return True
        case Op("+" | "/" | "%", operands):
            return any(_is_path(scope, one) for one in operands)
        case Result(Ref(name)) if name in _PATHS:
            return True
    return class_of(scope, value) == Ref("pathlib.Path")


def _is_sender(scope: Scope, value: Value) -> bool:
    if _is_put(scope, value) or class_of(scope, value) in _HANDLERS:
        return True
    function = target(scope, value)
    calls = acts(function.calls) if function is not None else ()
    return any(
        (act.call.name or "").startswith(_NETWORK) or _is_put(act.call.scope, act.call.callee)
        for act in calls
    )


def _is_put(scope: Scope, value: Value) -> bool:
    """Whether a value is what puts a thing into a queue."""
    match value:
        case Attr(owner, "put" | "put_nowait"):
            return class_of(scope, owner) in _QUEUES
    return False


def _is_fixed(value: Value) -> bool:
    match value:
        case Const():
            return True
        case Ref(name):
            return name in _TERMINALS or name.startswith("builtins.")
        case Op(_, operands):
            return all(map(_is_fixed, operands))
        case Result(Ref(name), args) if name in _PATHS:
            return all(map(_is_fixed, args))
    return False
