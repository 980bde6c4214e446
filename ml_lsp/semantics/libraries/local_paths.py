"""Whether a parameter is the path of a local file or folder: what the function, and what it calls, does with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.reach import acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.values import Param, Value

# Functions that take the path of a local file first.
_READERS = frozenset({
    "os.listdir", "os.scandir", "os.walk", "os.path.getsize", "shutil.rmtree", "json.load", "numpy.load",
    "torch.load", "tarfile.open", "zipfile.ZipFile", "configparser.ConfigParser.read", "tomllib.load",
})  # fmt: skip
_TESTS = frozenset({"os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.lexists"})
_ANY = frozenset({
    "builtins.open", "io.open", "pathlib.Path", "pathlib.PurePath", "os.makedirs", "os.mkdir", "os.remove",
    "os.path.join", "os.path.basename", "os.path.dirname", "os.path.abspath", "os.path.splitext",
    "os.path.realpath", "os.path.expanduser", "torch.save",
})  # fmt: skip
_MAKERS = frozenset({"os.makedirs", "os.mkdir"})
# pandas and friends read URLs as well: these count for parameters that are called a path.
_PANDAS = re.compile(r"(?:pandas|polars)\.read_\w+|yaml\.\w+|PIL\.Image\.open|cv2\.imread")
_PATH_NAME = re.compile(
    r"(?:.*_)?(?:path|file|dir|folder|directory|filename|filepath|dirname)", re.IGNORECASE
)
# What is not, or not only, a local path.
_ELSEWHERE = re.compile(
    r".*(?:from_pretrained|load_dataset|fsspec|smart_open|urlopen|urlparse|urlretrieve|hf_hub|requests\.|s3|gcs"
    r"|glob|import_module|startswith|snapshot_download|download).*",
    re.IGNORECASE,
)
_WRITING = re.compile(r"[wax]")


@dataclass(frozen=True)
class PathUse:
    """How a parameter is used as a path: `tested` by hand, `read`, `written`, or only `passed` on."""

    kind: str


def path_use(scope: Scope, name: str) -> PathUse | None:
    """How a function uses one of its parameters as a local path; None if it may be anything else."""
    kinds = []
    for act in acts(Body((scope,)).calls):
        call = act.call
        given = [act.in_body(call.scope.value(arg)) for arg in _given(call)]
        owner = act.in_body(call.receiver) if call.receiver is not None else None
        if owner is not None and _is(owner, name) and call.method in ("startswith", "split", "format"):
            return None
        if not any(_is(value, name) for value in given):
            continue
        called = call.name or call.method or ""
        if _ELSEWHERE.fullmatch(called):
            return None
        if given and _is(given[0], name):
            kinds.append(_kind(call, called, name))
    found = [kind for kind in kinds if kind is not None]
    if "made" in found:
        return PathUse("written")  # which need not exist, even if it is asked whether it does
    return PathUse(min(found, key=("tested", "read", "written", "passed").index)) if found else None


def is_only_passed(scope: Scope, name: str) -> bool:
    """Whether a parameter is nowhere treated as text: no attribute of it is read, nothing is added to it."""
    for node in nodes(scope):
        match node:
            case ast.Attribute(value=ast.Name(id=found)) | ast.Subscript(value=ast.Name(id=found)):
                if found == name:
                    return False
            case ast.BinOp(left=left, right=right) if any(
                isinstance(side, ast.Name) and side.id == name for side in (left, right)
            ):
                return False
            case ast.Compare(left=ast.Name(id=found)) if found == name:
                return False
    return True


def _is(value: Value, name: str) -> bool:
    return isinstance(value, Param) and value.name == name


def _given(call: Call) -> Iterator[ast.expr]:
    yield from call.node.args
    yield from (keyword.value for keyword in call.node.keywords)


def _kind(call: Call, called: str, name: str) -> str | None:
    if called in _TESTS:
        return "tested"
    if called in _READERS or (_PANDAS.fullmatch(called) and _PATH_NAME.fullmatch(name)):
        return "read"
    if called in ("builtins.open", "io.open"):
        mode = call.constant(1, "mode") if call.argument(1, "mode") is not None else "r"
        return "read" if isinstance(mode, str) and not _WRITING.search(mode) else "written"
    if called in _MAKERS:
        return "made"
    if called == "pathlib.Path" and _is_tested(call):
        return "tested"
    return "passed" if called in _ANY else None


def _is_tested(call: Call) -> bool:
    """`Path(p).exists()`"""
    return any(
        isinstance(other.node.func, ast.Attribute)
        and other.node.func.value is call.node
        and other.method in ("exists", "is_file", "is_dir")
        for other in call.scope.calls
    )
