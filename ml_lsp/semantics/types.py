"""Which class a value is an instance of, as far as the text and what is known of libraries tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Class, class_of_name
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Either,
    Element,
    Entered,
    Global,
    Item,
    Local,
    Op,
    Param,
    Ref,
    Result,
    Value,
)

if TYPE_CHECKING:
    from ml_lsp.semantics.scope import Scope

TENSOR = "torch.Tensor"
MODULE = "torch.nn.Module"
_DEEPEST = 60


def class_of(scope: Scope, value: Value, depth: int = 0) -> Value | None:
    """The class of a value: `Ref` for an outside class, `Global` or `Local` for one of this module, else None."""
    if depth > _DEEPEST:
        return None
    known = scope.inquiry.value_classes
    if id(value) not in known:
        known[id(value)] = (value, None)  # a value that leads back to itself
        known[id(value)] = (value, _class_of(scope, value, depth))
    return known[id(value)][1]


def _class_of(scope: Scope, value: Value, depth: int) -> Value | None:
    match value:
        case Result():
            return _result_class(scope, value, depth + 1)
        case Entered(of):
            return class_of(scope, of, depth + 1)
        case Param():
            return _parameter_class(value, depth)
        case Attr(owner, name):
            return _attribute_class(scope, owner, name, depth + 1)
        case Either(found):
            options = [option for option in found if option != Const(None)]
            return _agreed([class_of(scope, option, depth + 1) for option in options])
        case Op(operands=operands) if value.symbol in _ARITHMETIC:
            classes = [class_of(scope, operand, depth + 1) for operand in operands]
            return Ref(TENSOR) if Ref(TENSOR) in classes else None
        case Item(owner, _):
            return Ref(TENSOR) if class_of(scope, owner, depth + 1) == Ref(TENSOR) else None
        case Element(of):
            return Ref(TENSOR) if class_of(scope, of, depth + 1) == Ref(TENSOR) else None
        case Const(constant):
            return Ref(f"builtins.{type(constant).__name__}")
    return None


_ARITHMETIC = frozenset(
    [
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "**",
        "@",
        "neg",
        "+=",
        "-=",
        "*=",
        "/=",
        "**=",
        "@=",
        "<",
        "<=",
        ">",
        ">=",
        "==",
        "!=",
        "&",
        "|",
        "~",
    ]
)


def _agreed(found: list[Value | None]) -> Value | None:
    first = found[0] if found else None
    return first if all(one == first for one in found) else None


def _result_class(scope: Scope, value: Result, depth: int) -> Value | None:
    callee = value.callee
    match callee:
        case Ref(name):
            return _library_result(scope, name, value, depth)
        case Attr(owner, name):
            return _method_result(scope, owner, name, value, depth)
        case Global() | Local():
            if class_of_name(scope, callee) is not None:
                return callee
            return _returned_class(scope, callee, value, depth)
        case Item(Ref("torchvision.models.__dict__"), _):  # models.__dict__[name]()
            return Ref(MODULE)
    return _called_instance(class_of(scope, callee, depth))


def _called_instance(called: Value | None) -> Value | None:
    """The class of what calling an instance returns."""
    returned = library.returned_by_instance(called.name) if isinstance(called, Ref) else None
    return Ref(returned) if returned else None


def _library_result(scope: Scope, name: str, value: Result, depth: int) -> Value | None:
    if name in library.SAME_AS_FIRST and value.args:
        return class_of(scope, value.args[0], depth)
    returned = scope.inquiry.returned(name)
    return Ref(returned) if returned else None


def _method_result(scope: Scope, owner: Value, name: str, value: Result, depth: int) -> Value | None:
    owner_class = class_of(scope, owner, depth)
    if owner_class is None:
        return None
    if isinstance(owner_class, Ref):
        if name in library.SAME_OBJECT_METHODS and MODULE in scope.inquiry.ancestry(owner_class.name):
            return owner_class
        returned = library.returned_by_method(owner_class.name, name)
        return Ref(returned) if returned else None
    own = class_of_name(scope, owner_class)
    if own is None or own.method(name) is not None:
        return _returned_class(scope, value.callee, value, depth)
    if name in library.SAME_OBJECT_METHODS and own.is_a(MODULE):
        return owner_class
    return _called_instance(_attribute_class(scope, owner, name, depth))


def _returned_class(scope: Scope, callee: Value, value: Result, depth: int) -> Value | None:
    """The class of what a function of this module returns."""
    from ml_lsp.semantics.targets import target

    function = target(scope, callee)
    if function is None:
        return None
    returned = function.returned
    if isinstance(returned, Param) and returned.function == function.name:
        bound = arguments_of(function, value).get(returned)
        return class_of(scope, bound, depth) if bound is not None else class_of(function, returned, depth)
    return class_of(function, returned, depth)


def arguments_of(function: Scope, value: Result) -> dict[Param, Value]:
    """The parameters of a function, as values, with what a call of it passes for them."""
    node = function.node
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]  # type: ignore[union-attr]
    if function.self_name is not None and names:
        names = names[1:]
    bound: dict[Param, Value] = {
        Param(name, function.name): arg for name, arg in zip(names, value.args, strict=False)
    }
    bound.update({Param(name, function.name): arg for name, arg in value.keywords if name is not None})
    if function.self_name is not None:
        bound[Param(function.self_name, function.name)] = _called_on(function, value.callee)
    return bound


def _called_on(function: Scope, callee: Value) -> Value:
    """The object whose method runs: `net.forward(x)` and `net(x)` both run on `net`."""
    if isinstance(callee, Attr) and callee.name == function.name:
        return callee.owner
    return callee


def _parameter_class(value: Param, depth: int) -> Value | None:
    if value.site is None:
        return None
    scope = value.site.scope
    if scope.self_name == value.name and scope.owner is not None:
        return _as_value(scope.owner)
    annotation = scope.parameter_annotation(value.name)
    return annotated_class(annotation)


def _as_value(owner: Class) -> Value:
    from ml_lsp.semantics.values import Site

    site = Site(owner.scope, owner.node)
    if owner.scope.is_module_level:
        return Global(owner.name, owner.scope.inquiry.label, site=site)
    return Local(owner.name, site=site)


def annotated_class(annotation: Value) -> Value | None:
    """The class that an annotation names; `Optional[X]` and `X | None` name X."""
    match annotation:
        case Global() | Local():
            return annotation
        case Ref(name) if name.rpartition(".")[2][:1].isupper():
            return annotation
        case Item(Ref("typing.Optional"), index):
            return annotated_class(index)
        case Op("|", operands):
            known = [operand for operand in operands if operand != Const(None)]
            return annotated_class(known[0]) if len(known) == 1 else None
    return None


def _attribute_class(scope: Scope, owner: Value, name: str, depth: int) -> Value | None:
    owner_class = class_of(scope, owner, depth)
    own = class_of_name(scope, owner_class) if owner_class is not None else None
    if own is None:
        if owner_class == Ref(TENSOR) and name in ("T", "mT", "data", "grad", "real", "imag"):
            return Ref(TENSOR)
        return None
    assigned = own.assignments(name)
    if not assigned or any(a.value is None for a in assigned):
        return None
    values = [(a.scope, a.scope.value(a.value)) for a in assigned if a.value is not None]
    return _agreed([class_of(s, v, depth) for s, v in values if v != Const(None)])


def own_class_of(scope: Scope, value: Value) -> Class | None:
    """The class of this module that a value is an instance of."""
    found = class_of(scope, value)
    return class_of_name(scope, found) if found is not None else None


def ancestry(scope: Scope, class_value: Value | None) -> tuple[str, ...]:
    """The outside classes that a class is or derives from."""
    if isinstance(class_value, Ref):
        return scope.inquiry.ancestry(class_value.name)
    own = class_of_name(scope, class_value) if class_value is not None else None
    return own.ancestors if own is not None else ()


def is_a(scope: Scope, value: Value, *names: str) -> bool:
    """Whether a value is certainly an instance of one of these outside classes."""
    return not set(names).isdisjoint(ancestry(scope, class_of(scope, value)))
