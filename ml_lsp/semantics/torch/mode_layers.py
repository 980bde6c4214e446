"""Whether a model computes something else in train mode than in eval mode: dropout, batch norm ..."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class, class_of_name
from ml_lsp.semantics.facts import facts
from ml_lsp.semantics.reach import acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Const, Display, Global, Item, Local, Ref, Result, Star, Value

_DEEPEST = 5
_FACTORIES = ("torchvision.models.", "timm.")


@dataclass(frozen=True, eq=False)
class ModeLayers:
    """Layers that depend on the mode: `always`, or if the argument named in `if_given` is given."""

    always: frozenset[str]
    if_given: Mapping[str, str]

    @staticmethod
    def of(data: Mapping[str, Any]) -> ModeLayers:
        """The layers that a rule page states."""
        return ModeLayers(frozenset(data["mode_layers"]), data["mode_arguments"])


def depends_on_mode(scope: Scope, made: Result, layers: ModeLayers, depth: int = _DEEPEST) -> bool:
    """Whether the module that a call makes certainly has a layer that depends on the mode."""
    callee = made.callee
    if isinstance(callee, Item):  # models.__dict__[name]()
        return callee.owner == Ref("torchvision.models.__dict__")
    if isinstance(callee, Ref):
        return _outside_depends(scope, callee.name, made, layers, depth)
    own = class_of_name(scope, callee) if isinstance(callee, Global | Local) else None
    return (
        own is not None and depth > 0 and own.is_a(library.MODULE) and _class_depends(own, layers, depth - 1)
    )


def _outside_depends(scope: Scope, name: str, made: Result, layers: ModeLayers, depth: int) -> bool:
    if name in layers.always:
        return made.argument(0, "p") not in (Const(0), Const(0.0))
    if name in layers.if_given:
        return made.keyword(layers.if_given[name]) not in (None, Const(0), Const(0.0), Const(False))
    if name.startswith(_FACTORIES):
        return library.is_a(library.returned(name) or "", library.MODULE)
    parts = _flat(made.args) if name.startswith("torch.nn.") else ()
    return any(isinstance(part, Result) and depends_on_mode(scope, part, layers, depth) for part in parts)


def _flat(values: tuple[Value, ...]) -> Iterator[Value]:
    for value in values:
        inner = value.of if isinstance(value, Star) else value
        yield from _flat(inner.items) if isinstance(inner, Display) else (inner,)


def _class_depends(own: Class, layers: ModeLayers, depth: int) -> bool:
    for one in own.lineage():
        for method in one.methods.values():
            if "training" in facts(method.inquiry.module.pieces[method.piece]).words:
                return True
        init = one.methods.get("__init__")
        calls = [act.call for act in acts(init.calls)] if init is not None else []
        if any(_makes_mode_layer(call, layers, depth) for call in calls):
            return True
    return False


def _makes_mode_layer(call: Call, layers: ModeLayers, depth: int) -> bool:
    callee = call.callee
    if not isinstance(callee, Ref | Global | Local):
        return False
    if isinstance(callee, Ref) and not callee.name.startswith(("torch.nn.", *_FACTORIES)):
        return False
    value = call.value
    return isinstance(value, Result) and depends_on_mode(call.scope, value, layers, depth)
