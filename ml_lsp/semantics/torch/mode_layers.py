"""Whether a model computes something else in train mode than in eval mode: dropout, batch norm ..."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class, class_of_name
from ml_lsp.semantics.handlers import arguments
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.signatures import default_of
from ml_lsp.semantics.values import Attr, Const, Display, Global, Item, Local, Param, Ref, Result, Star, Value

_DEEPEST = 5
_FUNCTIONS = re.compile(r"torch\.nn\.functional\.(?:\w*dropout\w*|batch_norm)\Z")
_BRANCHES = (ast.If, ast.Try, ast.Match)
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
        return not _is_off(made.argument(0, "p"))
    if name in layers.if_given:
        given = made.keyword(layers.if_given[name])
        return given is not None and not _is_off(given)
    if name.startswith(_FACTORIES):
        return library.is_a(library.returned(name) or "", library.MODULE)
    parts = _flat(made.args) if name.startswith("torch.nn.") else ()
    return any(isinstance(part, Result) and depends_on_mode(scope, part, layers, depth) for part in parts)


def _flat(values: tuple[Value, ...]) -> Iterator[Value]:
    for value in values:
        inner = value.of if isinstance(value, Star) else value
        yield from _flat(inner.items) if isinstance(inner, Display) else (inner,)


def _is_off(given: Value | None) -> bool:
    """Whether an argument switches a layer off, or is a parameter that does so unless somebody says otherwise."""
    if isinstance(given, Param):
        default = default_of(given)
        return isinstance(default, ast.Constant) and not default.value
    return isinstance(given, Const) and given.value is not None and not given.value


def _class_depends(own: Class, layers: ModeLayers, depth: int) -> bool:
    for one in own.lineage():
        if any(_drops_itself(one, method) for method in one.methods.values()):
            return True
        init = one.methods.get("__init__")
        made = acts(init.calls) if init is not None else ()
        if any(_is_certain(act) and _makes_mode_layer(act.call, layers, depth) for act in made):
            return True
    return False


def _drops_itself(own: Class, method: Scope) -> bool:
    """Whether a method calls `F.dropout(x, p, self.training)` or the like.

    What else asks for `self.training` may come to the same in both modes.
    """
    if "training" not in method.words:
        return False
    for call in method.calls:
        if _FUNCTIONS.match(call.name or "") and any(_is_own_mode(method, node) for node in arguments(call)):
            chance = call.argument_value(1, "p")
            kept = own.attribute_values(chance.name) if isinstance(chance, Attr) else (chance,)
            if not any(map(_is_off, kept)):
                return True
    return False


def _is_own_mode(method: Scope, node: ast.expr) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr="training"):
            return owner == method.self_name
    return False


def _is_certain(act: Act) -> bool:
    """Whether a call is made each time: it stands in no branch, nor does what leads to it."""
    return not any(_is_in_branch(call) for call in (*act.through, act.call))


def _is_in_branch(call: Call) -> bool:
    if any(isinstance(block.node, _BRANCHES) for block in call.block.chain()):
        return True
    statement = call.scope.statement_of(call.node)
    parts = ast.walk(statement) if statement is not None else ()
    arms = (arm for part in parts if isinstance(part, ast.IfExp) for arm in (part.body, part.orelse))
    return any(node is call.node for arm in arms for node in ast.walk(arm))


def _makes_mode_layer(call: Call, layers: ModeLayers, depth: int) -> bool:
    callee = call.callee
    if not isinstance(callee, Ref | Global | Local):
        return False
    if isinstance(callee, Ref) and not callee.name.startswith(("torch.nn.", *_FACTORIES)):
        return False
    value = call.value
    return isinstance(value, Result) and depends_on_mode(call.scope, value, layers, depth)
