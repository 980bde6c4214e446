"""Files that a program reads back: what the same run has saved lies on devices that are there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import takewhile

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import sighted_callers
from ml_lsp.semantics.handlers import arguments
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.torch.objects import enclosing_class
from ml_lsp.semantics.torch.training import exclude_each_other
from ml_lsp.semantics.types import arguments_of
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Entered,
    Item,
    Op,
    Param,
    Ref,
    Result,
    Unknown,
    Value,
    identity,
    substitute,
    walk,
)

_DEEPEST = 2
_NAMES = (ast.Name, ast.Attribute)
_FILLING = frozenset({"update", "append", "add", "insert", "extend", "setdefault"})


def is_saved_before(load: Call) -> bool:
    """Whether the file of a `torch.load` may be one that the same run has written, itself or by its helpers.

    Looked for in the function before the call, and in the functions that call it, if all that are seen do so.
    """
    given = load.argument_value(0, "f")
    if given is None:
        return False
    path = _path_of(given)
    text = load.scope.text(load.node.args[0]) if load.node.args and path is given else ""
    return _is_remembered(load, path) or _has_saved(load, path, text, _DEEPEST)


def _path_of(file: Value) -> Value:
    """The path of a file that is handed over open: `with open(path, "wb") as file`."""
    match file:
        case Entered(Result(Ref("builtins.open" | "io.open"), [path, *_])) | Entered(
            Result(Attr(path, "open"))
        ):
            return path
    return file


def _is_remembered(load: Call, path: Value) -> bool:
    """Whether a path is an entry of `self.<name>`, which a method that saves fills: none is of another run."""
    owner = enclosing_class(load.scope)
    match path:
        case Item(Attr(Param(), name)) | Result(Attr(Attr(Param(), name), "get" | "pop")) if (
            owner is not None
        ):
            saving = (
                scope
                for scope in owner.methods.values()
                if any(call.name == "torch.save" for call in scope.calls)
            )
            return any(_fills(scope, name) for scope in saving)
    return False


def _fills(scope: Scope, name: str) -> bool:
    """Whether a method puts something into `self.<name>`."""
    for event in scope.flow.events:
        match event.node:
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=attribute), attr=method)):
                if attribute == name and method in _FILLING:
                    return True
            case ast.Subscript(value=ast.Attribute(attr=attribute)) if event.kind == "store":
                if attribute == name:
                    return True
    return False


def _has_saved(at: Call, path: Value, text: str, depth: int) -> bool:
    """Whether what runs before a call writes a file of that path; `text`: the path as written, where it means the same."""
    if any(_may_be_same(act, path, text) for act in _saves_before(at) if not _is_in_another_arm(act, at)):
        return True
    if not depth or not at.scope.is_function:
        return False
    certain, _ = sighted_callers(at.scope)
    text = text if text.startswith("self.") else ""
    outside = [call for call in certain if call.scope is not at.scope]
    return bool(outside) and all(_has_saved(call, _passed(call, path), text, depth - 1) for call in outside)


def _saves_before(at: Call) -> Iterator[Act]:
    earlier = (call for scope in at.scope.together() for call in scope.calls if call.when < at.when)
    done = (act for call in earlier for act in (*acts([call]), *_handed_over(call)))
    return (act for act in done if act.call.name == "torch.save")


def _handed_over(call: Call) -> Iterator[Act]:
    """What functions do that a call is handed to run them: `study.optimize(self.objective)`."""
    for arg in arguments(call):
        function = target(call.scope, call.scope.value(arg)) if isinstance(arg, _NAMES) else None
        for act in acts(function.calls) if function is not None else ():
            yield Act(act.call, (call, *act.through), act.bound)


def _is_in_another_arm(act: Act, at: Call) -> bool:
    """Whether what saves runs instead: `if mode == "train": ... save ... elif mode == "test": ... load ...`."""
    return act.top.scope is at.scope and exclude_each_other(act.top.block, at.block)


def _passed(call: Call, path: Value) -> Value:
    """A path of a function in terms of one that calls it."""
    target, value = call.target, call.value
    bound = arguments_of(target, value) if target is not None and isinstance(value, Result) else {}
    return substitute(path, bound)


def _may_be_same(act: Act, path: Value, text: str) -> bool:
    written, saved = act.call.argument(1, "f"), act.call.argument_value(1, "f")
    if written is None or saved is None:
        return False
    same_names = not act.through or text.startswith("self.")
    if same_names and text and text == act.call.scope.text(written):
        return True
    target_path = _path_of(act.in_body(saved))
    if target_path == path or identity(target_path) == identity(path):
        return not any(isinstance(part, Unknown) for part in walk(path))
    one, other = _last_text(target_path), _last_text(path)
    return bool(one and other) and (one.endswith(other) or other.endswith(one))


def _last_text(path: Value) -> str:
    """The end of a path as far as it is written out: `_mean.pt` of `os.path.join(folder, f"{name}_mean.pt")`."""
    match path:
        case Const() | Op("%") | Result(Attr(Const(), "format")):
            return _template(path)
        case Op("/", [*_, last]) | Result(_, [*_, last]):
            return _last_text(last)
        case Op("f-string" | "+", parts):
            known = [*takewhile(bool, map(_template, reversed(parts)))]
            return "".join(reversed(known))
    return ""


def _template(part: Value) -> str:
    """A text that is written out, its gaps included: `"{}_best.pt".format(name)`, `"%s_best.pt" % name`."""
    match part:
        case (
            Const(str() as text)
            | Op("%", [Const(str() as text), *_])
            | Result(Attr(Const(str() as text), "format"))
        ):
            return text
    return ""
