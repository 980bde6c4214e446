"""Ray's words: remote functions, actors and their handles, and which value is an ObjectRef."""

from __future__ import annotations

from ml_lsp.semantics.classes import Class, class_of_name
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Attr, Const, Either, Global, Local, Ref, Result, Value

_REMOTE = "ray.remote"
_DEEPEST = 6


def submits(value: Value) -> bool:
    """Whether a value is what some `.remote(...)` returns, whatever it is called on."""
    match value:
        case Result(Attr(_, "remote")):
            return True
        case Result(Ref(name)):
            return name.endswith(".remote") and name != _REMOTE
    return False


def is_object_ref(scope: Scope, value: Value) -> bool:
    """Whether a value is certainly one ObjectRef: of a remote function, an actor's method, or `ray.put`."""
    match value:
        case Either(found):
            return all(is_object_ref(scope, option) for option in found)
        case Result(Ref("ray.put")):
            return True
        case Result(Attr(called, "remote")):
            task, settings = _without_options(called)
            if not all(_returns_one(setting) for setting in settings):
                return False
            return _is_remote_function(scope, task) or _is_actor_method(scope, task)
    return False


def is_actor(scope: Scope, value: Value, depth: int = _DEEPEST) -> bool:
    """Whether a value is certainly the handle of an actor."""
    match value:
        case Result(Attr(called, "remote")):
            return _is_remote_class(scope, _without_options(called)[0])
        case Either(found):
            return depth > 0 and all(is_actor(scope, option, depth - 1) for option in found)
        case Attr(owner, name):
            own = own_class_of(scope, owner)
            found = own.attribute_values(name) if own is not None else ()
            return bool(found) and depth > 0 and all(is_actor(scope, one, depth - 1) for one in found)
    return False


def _without_options(called: Value) -> tuple[Value, list[Result]]:
    """What is called, below `.options(...)`, and the calls that set options."""
    settings = []
    while isinstance(called, Result) and isinstance(called.callee, Attr) and called.callee.name == "options":
        settings.append(called)
        called = called.callee.owner
    return called, settings


def _returns_one(setting: Result) -> bool:
    """Whether options leave it at one result."""
    if any(name is None for name, _ in setting.keywords):
        return False
    return setting.keyword("num_returns") in (None, Const(1))


def _is_remote_function(scope: Scope, task: Value) -> bool:
    wrapped = _wrapped(task)
    if wrapped is not None:
        return class_of_name(scope, wrapped) is None and _is_function(scope, wrapped)
    function = target(scope, task) if isinstance(task, Global | Local) else None
    if function is None or class_of_name(scope, task) is not None:
        return False
    marks = [mark for mark in function.decorators if _is_mark(mark)]
    settings = [mark for mark in marks if isinstance(mark, Result)]
    streams = any(event.kind == "yield" for event in function.flow.events)
    return bool(marks) and not streams and all(map(_returns_one, settings))


def _is_function(scope: Scope, value: Value) -> bool:
    """Whether a value is certainly a function of the module; a parameter may as well be a class, of actors."""
    return isinstance(value, Global | Local) and target(scope, value) is not None


def _is_remote_class(scope: Scope, called: Value) -> bool:
    wrapped = _wrapped(called)
    own = class_of_name(scope, wrapped if wrapped is not None else called)
    if own is None:
        return False
    return wrapped is not None or any(_is_mark(own.scope.value(node)) for node in own.node.decorator_list)


def _is_actor_method(scope: Scope, task: Value) -> bool:
    if not isinstance(task, Attr) or not is_actor(scope, task.owner):
        return False
    own = _class_of_actor(scope, task.owner)
    method = own.method(task.name) if own is not None else None
    if method is None or any(event.kind == "yield" for event in method.flow.events):
        return False
    return not method.decorators


def _class_of_actor(scope: Scope, handle: Value) -> Class | None:
    match handle:
        case Result(Attr(called, "remote")):
            called = _without_options(called)[0]
            wrapped = _wrapped(called)
            return class_of_name(scope, wrapped if wrapped is not None else called)
        case Either((first, *_)):
            return _class_of_actor(scope, first)
        case Attr(owner, name):
            own = own_class_of(scope, owner)
            return _class_of_actor(scope, own.attribute_values(name)[0]) if own is not None else None
    return None


def _wrapped(value: Value) -> Value | None:
    """What `ray.remote(it)` or `ray.remote(num_cpus=1)(it)` makes remote; None for other values."""
    match value:
        case Result(Ref(name), (first, *_)) if name == _REMOTE:
            return first
        case Result(Result(Ref(name), ()) as mark, (first, *_)) if name == _REMOTE and _returns_one(mark):
            return first
    return None


def _is_mark(decorator: Value) -> bool:
    match decorator:
        case Ref(name) | Result(Ref(name)):
            return name == _REMOTE
    return False
