"""Where loguru writes to: the sinks that `logger.add` makes, and where a logger gives up the ones it has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.loguru import is_logger
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import Const, Op, Ref, Result, Value, options
from ml_lsp.syntax.trees import own_name

_TERMINALS = frozenset({"sys.stderr", "sys.stdout", "sys.__stderr__", "sys.__stdout__", "builtins.print"})
# What a function that is a sink calls to write to the terminal.
_PRINTERS = frozenset({"print", "write", "echo"})
_PATHS = frozenset({"pathlib.Path", "os.path.join", "builtins.str", "os.fspath", "os.path.abspath"})
_CHANGERS = ("remove", "configure")
# The same as text, for files that are not looked into: a file that holds this may be the one that sets up logging.
_CHANGE = re.compile(r"\blog(?:ger)?\.(?:remove|configure)\(|LOGURU_AUTOINIT")
_WORDS = ("remove", "configure", "LOGURU_AUTOINIT")


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
    def is_fixed(self) -> bool:
        """Whether it is the same each time the program gets here, and in each run of the program."""
        return _is_fixed(self.value) and "{time" not in self.text

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
    for method in _CHANGERS:
        for call in calls_mentioning(inquiry, method):
            if call.method == method and call.receiver is not None and is_logger(call.scope, call.receiver):
                yield call


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


def workspace_changes_sinks(inquiry: Inquiry) -> bool:
    """Whether some file of the workspace may take sinks away, or turns the default one off for good.

    It may as long as the files have not been listed.
    """
    if inquiry.project is not None and inquiry.project.files is None:
        return True
    if inquiry.mentions("LOGURU_AUTOINIT") or inquiry.deployment("LOGURU_AUTOINIT"):
        return True
    return any(_CHANGE.search(piece.text) for module in inquiry.modules(*_WORDS) for piece in module.pieces)
