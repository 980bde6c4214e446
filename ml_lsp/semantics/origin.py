"""Where a text, stream, path or URL comes from: the network, an upload, the environment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Display,
    Either,
    Element,
    Entered,
    Item,
    Op,
    Param,
    Ref,
    Result,
    Star,
    Value,
    identity,
)

# Calls that hand on the content of their first argument, or the path it is.
_PASSING = frozenset({
    "io.BytesIO", "io.StringIO", "builtins.str", "builtins.bytes", "builtins.bytearray", "builtins.next",
    "builtins.iter", "os.path.join", "os.path.abspath", "os.path.realpath", "pathlib.Path", "os.fspath",
    "zipfile.ZipFile", "tarfile.open", "gzip.decompress", "base64.b64decode", "codecs.decode",
})  # fmt: skip
_OPENING = frozenset({"builtins.open", "io.open", "gzip.open", "fsspec.open", "smart_open.open"})
# What a web framework passes to the functions it calls.
_UPLOADS = frozenset({
    "fastapi.UploadFile", "fastapi.File", "starlette.datastructures.UploadFile", "fastapi.Request",
    "starlette.requests.Request", "flask.request", "werkzeug.datastructures.FileStorage",
    "django.http.HttpRequest", "aiohttp.web.Request",
})  # fmt: skip


@dataclass(frozen=True)
class Origin:
    """A source outside of the program: `kind` is network, upload or environment; `name` its dotted name."""

    kind: str
    name: str


def origin(value: Value, sources: Collection[str], through_files: bool = False) -> Origin | None:
    """The outside source that a value was read from, if any.

    `sources`: dotted names of functions and objects whose results count. `through_files`: whether the content
    of a file counts as coming from where its path does, which holds for downloads only.
    """
    for part in _sources_of(value, through_files):
        match part:
            case Result(Ref("fsspec.open"), (Const(url), *_)) if str(url).startswith(("http://", "https://")):
                return Origin("network", "fsspec.open")
            case Ref(name):
                known = next((source for source in sources if _is_part_of(name, source)), None)
                if known is not None:
                    return Origin(_kind(known), known)
                if any(_is_part_of(name, upload) for upload in _UPLOADS):
                    return Origin("upload", name)
            case Param():
                if _is_upload(part):
                    return Origin("upload", part.name)
    return None


def _is_part_of(name: str, source: str) -> bool:
    return name == source or name.startswith(source + ".")


def _kind(source: str) -> str:
    if source.startswith("os."):
        return "environment"
    return "upload" if source in _UPLOADS else "network"


def _is_upload(parameter: Param) -> bool:
    if parameter.site is None:
        return False
    annotation = parameter.site.scope.parameter_annotation(parameter.name)
    options = annotation.operands if isinstance(annotation, Op) else (annotation,)
    return any(isinstance(option, Ref) and option.name in _UPLOADS for option in options)


def _sources_of(value: Value, through_files: bool) -> Iterator[Value]:
    """What a value was read or cut out of, back to names and parameters."""
    waiting, seen = [value], 0
    while waiting and seen < 200:
        value, seen = waiting.pop(), seen + 1
        yield value
        match value:
            case Attr(owner=of) | Item(owner=of) | Element(of) | Entered(of) | Star(of):
                waiting.append(of)
            case Result(Ref(name), args):
                waiting.append(value.callee)
                if args and (name in _PASSING or (through_files and name in _OPENING)):
                    waiting.append(args[0])
            case Result(callee):
                waiting.append(callee)
            case Op(operands=items) | Either(items) | Display(items=items):
                waiting += items


def written_by(call: Call, path: Value, writers: Collection[str]) -> Call | None:
    """The earlier call of one of these functions, in the same code, that was given the same path."""
    for scope in call.scope.together():
        for other in scope.calls:
            if other.name in writers and other.when < call.when:
                given = [*other.node.args[1:], *(keyword.value for keyword in other.node.keywords)]
                if any(identity(scope.value(node)) == identity(path) for node in given):
                    return other
    return None


def checks_hashes(scope: Scope) -> bool:
    """Whether code computes a hash, which it then compares."""
    return any((call.name or "").startswith("hashlib.") for call in scope.calls)
