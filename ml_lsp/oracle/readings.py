"""Libraries that jedi reads wrongly or not at all, and how they are meant.

Kept as a jedi plugin: `execute` wraps jedi's notion of what a call returns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jedi.inference.base_value import NO_VALUES, ValueSet

Call = Callable[..., ValueSet]

# torch.nn.Module.__call__ is declared as `Callable[..., Any]`; it runs the class's `forward`.
_MODULE = "torch.nn.modules.module.Module"
_LAYERS = "torch.nn.modules."

# "A tensor or a module" is said about every attribute that nobody has set.
_SAYS_NOTHING = {"torch.nn.modules.module.Module.__getattr__"}

# jedi takes the first overload of `ray.remote`, the one for classes, whatever it decorates.
_REMOTE = {"ray._private.worker.remote", "ray._private.worker.RemoteDecorator"}
_REMOTE_CLASS = "ray.actor", "ActorClass"
_REMOTE_FUNCTION = "ray._private.worker", "RemoteFunctionNoArgs"

# What ray's calls return, where its declarations say so through a stub that hides the class, or not at all.
_OBJECT_REF = "ray.includes.object_ref", "ObjectRef"
_RETURNS = {
    "ray._private.worker.put": _OBJECT_REF,
    "ray._private.worker.RemoteFunctionNoArgs.remote": _OBJECT_REF,
    "ray.actor.ActorMethod.remote": _OBJECT_REF,
    "ray.actor.ActorClass.remote": ("ray.actor", "ActorHandle"),
    "ray.actor.ActorHandle.__getattr__": ("ray.actor", "ActorMethod"),
}

# Classes that exist for type checkers only, by the class that is there when the program runs.
AT_RUN_TIME = {
    "ray._private.worker.RemoteFunctionNoArgs": "ray.remote_function.RemoteFunction",
    "ray.includes.object_ref.ObjectRef": "ray.ObjectRef",
}

_FORWARD_DEPTH = 20
_running: list[object] = []


def execute(call: Call) -> Call:
    """jedi's plugin hook around every call that it infers."""

    def wrapper(value: Any, arguments: Any) -> ValueSet:
        where = definition(value)
        if where in _SAYS_NOTHING:
            return NO_VALUES
        if where in _RETURNS:
            return _instance_of(value, *_RETURNS[where]) or call(value, arguments)
        if where in _REMOTE:
            return _remote(value, arguments) or call(value, arguments)
        return call(value, arguments) or _forward(value, arguments)

    return wrapper


def definition(value: Any) -> str:
    """Where a value (for an instance, its class) is defined: "torch.nn.modules.linear.Linear"."""
    module = value.get_root_context().py__name__()
    names = value.get_qualified_names()
    return ".".join((module or "", *(names or (value.py__name__() or "",))))


def _remote(value: Any, arguments: Any) -> ValueSet:
    """What `ray.remote` makes of what it decorates; nothing where it is only given options."""
    given = next((lazy.infer() for key, lazy in arguments.unpack() if key is None), NO_VALUES)
    kinds = {_REMOTE_CLASS if item.is_class() else _REMOTE_FUNCTION for item in given}
    return ValueSet.from_sets(_instance_of(value, *kind) for kind in sorted(kinds))


def _forward(value: Any, arguments: Any) -> ValueSet:
    """What calling a torch module returns: what its `forward` returns, for torch's own layers a tensor."""
    if not value.is_instance() or len(_running) >= _FORWARD_DEPTH:
        return NO_VALUES
    mro = [definition(item) for item in value.py__class__().py__mro__()]
    if _MODULE not in mro:
        return NO_VALUES
    _running.append(value)
    try:
        found = value.py__getattribute__("forward").execute(arguments)
    finally:
        _running.pop()
    if found or mro[0] == _MODULE or not mro[0].startswith(_LAYERS):
        return found
    return _instance_of(value, "torch", "Tensor")


def _instance_of(value: Any, module: str, name: str) -> ValueSet:
    """An instance of the class `name` of `module`, in the state that `value` lives in."""
    found = value.inference_state.import_module(tuple(module.split(".")))
    return found.py__getattribute__(name).execute_with_values()
