"""What is known of `nn.Module` objects: whether they hold parameters or buffers."""

from __future__ import annotations

import ast
import re

from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Class, class_of_name
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.signatures import default_of
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.objects import unwrapped
from ml_lsp.semantics.types import class_of, own_class_of
from ml_lsp.semantics.values import Const, Display, Global, Local, Op, Param, Ref, Result, Star, Value, walk

# Layers of torch.nn without parameters and buffers (PReLU and the norms have some).
_STATELESS = re.compile(
    r"torch\.nn\.(?:(?:Adaptive|Fractional)?(?:Avg|Max|LP)(?:Un)?Pool\dd|\w*Dropout\dd|\w*Dropout|\w*Loss|\w*Pad\dd"
    r"|(?:Leaky|R|C|S|E|G)?(?:ReLU6?|ELU)|SELU|CELU|GELU|SiLU|Mish|GLU|Hard\w+|Soft\w+|LogSoftmax|\w*Sigmoid"
    r"|Tanh\w*|Threshold|Identity|Flatten|Unflatten|Upsample\w*|Pixel(?:Uns|S)huffle|ChannelShuffle|Fold|Unfold"
    r"|CosineSimilarity|PairwiseDistance|LocalResponseNorm|Upsampling\w+)\Z"
)
_CONTAINERS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"})
# Libraries whose modules have parameters unless said otherwise.
_KNOWN_LAYERS = ("torch.nn.", "torchvision.models", "transformers.", "torch_geometric.nn.", "kan.")
_DEEPEST = 6
_PLAIN_TYPES = frozenset({"builtins.int", "builtins.float", "builtins.str", "builtins.bool"})
_REGISTERING = frozenset(
    {"register_parameter", "register_buffer", "register_module", "add_module", "setattr"}
)


def has_state(scope: Scope, value: Value, depth: int = _DEEPEST) -> bool:
    """Whether a value is certainly a module with parameters or buffers, or a parameter."""
    value = unwrapped(value)
    found = class_of(scope, value)
    if isinstance(found, Ref):
        if found.name == "torch.nn.Parameter":
            return True
        if not library.is_a(found.name, library.MODULE) or found.name.startswith("torchmetrics."):
            return False
        if found.name in _CONTAINERS:
            return any(_holds_state(scope, made, depth) for made in constructions(scope, value))
        return found.name.startswith(_KNOWN_LAYERS) and not _STATELESS.match(found.name)
    own = own_class_of(scope, value) if depth else None
    return own is not None and own.is_a(library.MODULE) and _class_has_state(own, depth - 1)


def _holds_state(scope: Scope, container: Result, depth: int) -> bool:
    layers: list[Value] = []
    for arg in container.args:
        given = arg.of if isinstance(arg, Star) else arg
        layers += given.items if isinstance(given, Display) else (given,)
    return depth > 0 and any(has_state(scope, layer, depth - 1) for layer in layers)


def _class_has_state(own: Class, depth: int) -> bool:
    """Whether some attribute set in `__init__` of a class (or of its parents in the file) has state."""
    for one in own.lineage():
        init = one.methods.get("__init__")
        for name in _attributes_set(init) if init is not None else ():
            assigned = own.assignments(name)
            values = [(a.scope, a.scope.value(a.value)) for a in assigned if a.value is not None]
            if any(has_state(scope, value, depth) for scope, value in values):
                return True
    return False


def _attributes_set(method: Scope) -> list[str]:
    return [
        event.node.attr
        for event in method.flow.events
        if event.kind == "store" and isinstance(event.node, ast.Attribute)
    ]


def is_without_state(own: Class, depth: int = _DEEPEST) -> bool:
    """Whether instances of a class certainly hold no parameters: numbers, texts, what holds none itself."""
    if own.has_unknown_base or any(isinstance(base, Ref) and base.name in _CONTAINERS for base in own.bases):
        return False
    methods = [method for one in own.lineage() for method in one.methods.values()]
    if any(call.method in _REGISTERING for method in methods for call in method.calls):
        return False
    names = {name for method in methods for name in _attributes_set(method)}
    return all(_is_plain(own.scope, value, depth) for name in names for value in own.attribute_values(name))


def _is_plain(scope: Scope, value: Value, depth: int) -> bool:
    match value:
        case Const():
            return True
        case Param():
            default = default_of(value)
            return (isinstance(default, ast.Constant) and default.value is not None) or _is_annotated(value)
        case Op(operands=parts) | Display(items=parts):
            return all(_is_plain(scope, part, depth) for part in parts)
        case Result(Ref(name)):
            return bool(_STATELESS.match(name))
        case Result(Global() | Local() as callee):
            made = class_of_name(scope, callee) if depth else None
            return made is not None and is_without_state(made, depth - 1)
    return False


def _is_annotated(parameter: Param) -> bool:
    """Whether a parameter is said to be a number, a text or a truth value."""
    if parameter.site is None:
        return False
    stated = walk(parameter.site.scope.parameter_annotation(parameter.name))
    names = {part.name for part in stated if isinstance(part, Ref)} - {"typing.Union", "typing.Optional"}
    return bool(names) and names <= _PLAIN_TYPES
