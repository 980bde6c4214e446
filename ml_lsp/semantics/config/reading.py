"""Files that a program reads by a path relative to wherever it happens to run."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.omegaconf import config_path, nodes_at
from ml_lsp.semantics.reach import acts
from ml_lsp.semantics.values import Const

# A file of the program by a path from the folder it is started in: nothing that is absolute, a URL, or filled in.
_RELATIVE = re.compile(r"(?![a-z]+://|[/\\~$<%]|[A-Za-z]:)[^\s{}$*]*[/\\.][^\s{}$*]+\Z")
# In a config file, only what certainly is a path.
_IN_CONFIG = re.compile(r"(?:\.{1,2}/|data/|datasets/)[^\s{}$*]*\Z")


@dataclass(frozen=True)
class RelativeRead:
    """A call that reads a file, and the relative path that it is given."""

    call: Call
    path: str


def relative_reads(calls: Collection[Call], readers: Collection[str]) -> Iterator[RelativeRead]:
    """The reads of files among some calls and the helpers they run. `readers`: the functions that read,
    by dotted name, the path first."""
    for act in acts(calls):
        call = act.call
        if call.name in readers and call.node.args and not _writes(call):
            path = _path(call, call.node.args[0])
            if path is not None:
                yield RelativeRead(call, path)


def _writes(call: Call) -> bool:
    mode = call.constant(1, "mode")
    return call.name == "builtins.open" and isinstance(mode, str) and not mode.startswith("r")


def _path(call: Call, node: ast.expr) -> str | None:
    value = call.scope.value(node)
    if isinstance(value, Const):
        return value.value if isinstance(value.value, str) and _RELATIVE.match(value.value) else None
    read = config_path(value)
    nodes = nodes_at(call.scope.inquiry, read) if read is not None else []
    texts = [node.value for node in nodes if isinstance(node.value, str) and _IN_CONFIG.match(node.value)]
    return texts[0] if texts and len(texts) == len(nodes) else None
