"""Files that a program reads back: what the same run has saved lies on devices that are there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import sighted_callers
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.types import arguments_of
from ml_lsp.semantics.values import Const, Op, Result, Unknown, Value, identity, substitute, walk

_DEEPEST = 2


def is_saved_before(load: Call) -> bool:
    """Whether the file of a `torch.load` may be one that the same run has written, itself or by its helpers.

    Looked for in the function before the call, and in the functions that call it, if all that are seen do so.
    """
    path = load.argument_value(0, "f")
    return path is not None and _has_saved(
        load, path, load.scope.text(load.node.args[0]) if load.node.args else "", _DEEPEST
    )


def _has_saved(at: Call, path: Value, text: str, depth: int) -> bool:
    """Whether what runs before a call writes a file of that path; `text`: the path as written, where it means the same."""
    if any(_may_be_same(act, path, text) for act in _saves_before(at)):
        return True
    if not depth or not at.scope.is_function:
        return False
    certain, _ = sighted_callers(at.scope)
    text = text if text.startswith("self.") else ""
    outside = [call for call in certain if call.scope is not at.scope]
    return bool(outside) and all(_has_saved(call, _passed(call, path), text, depth - 1) for call in outside)


def _saves_before(at: Call) -> Iterator[Act]:
    earlier = (call for scope in at.scope.together() for call in scope.calls if call.when < at.when)
    return (act for act in acts(earlier) if act.call.name == "torch.save")


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
    if same_names and text == act.call.scope.text(written):
        return True
    if act.in_body(saved) == path or identity(act.in_body(saved)) == identity(path):
        return not any(isinstance(part, Unknown) for part in walk(path))
    one, other = _last_text(act.in_body(saved)), _last_text(path)
    return bool(one and other) and (one.endswith(other) or other.endswith(one))


def _last_text(path: Value) -> str:
    """The end of a path as far as it is written out: `_mean.pt` of `os.path.join(folder, f"{name}_mean.pt")`."""
    match path:
        case Const(str() as text):
            return text
        case Op("/", [*_, last]) | Result(_, [*_, last]):
            return _last_text(last)
        case Op("f-string" | "+", parts):
            known = [*takewhile(lambda part: isinstance(part, Const), reversed(parts))]
            return "".join(_last_text(part) for part in reversed(known))
    return ""
