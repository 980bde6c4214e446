"""A dotted name -> an answer, by jedi's inference over text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from inspect import Parameter
from pathlib import Path
from typing import Any, cast

from jedi.inference import InferenceState
from jedi.inference.base_value import ValueSet

from ml_lsp.oracle.question import UNKNOWN, Answer, Constant, Kind
from ml_lsp.oracle.readings import AT_RUN_TIME, definition

# jedi tries many branches of a function; beyond this many different results nothing can be concluded.
_MOST_VALUES = 24

_KINDS: dict[str, Kind] = {
    "class": "class",
    "function": "function",
    "instance": "instance",
    "module": "module",
    "namespace": "module",
}
_STARS = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}


def resolve(state: InferenceState, name: str, own_folders: Sequence[str]) -> Answer:
    """Answer what `name` stands for; what is defined under `own_folders` is named by its definition."""
    # jedi counts what it has tried in the state; a question must not pay for the ones before it.
    state.reset_recursion_limitations()
    state.inferred_element_counts = {}
    values = _in_order(find(state, name))
    kinds = {_KINDS.get(value.api_type, "unknown") for value in values}
    if len(kinds) != 1:
        return UNKNOWN
    if any(value.is_class() and not hasattr(value, "py__mro__") for value in values):
        return UNKNOWN  # what the typing module makes, such as Optional or a type alias
    naming = _Naming(state, own_folders)
    match kinds.pop():
        case "class":
            return _class(values, naming)
        case "function":
            return _function(values, naming)
        case "instance":
            return _instance(values, naming)
        case "module":
            return Answer("module", name=values[0].py__name__() or name)
        case _:
            return UNKNOWN


def find(state: InferenceState, name: str) -> ValueSet:
    """What `name` may stand for: the longest module it starts with, then attribute after attribute."""
    parts = tuple(name.split("."))
    for size in range(len(parts), 0, -1):
        values = state.import_module(parts[:size])
        if values:
            break
    for part in parts[size:]:
        values = _attribute(values, part)
    return values


def _in_order(values: Iterable[Any]) -> list[Any]:
    """The values in an order that is the same at each run; jedi keeps them in sets."""
    return sorted(values, key=definition)[:_MOST_VALUES]


def _attribute(values: ValueSet, name: str) -> ValueSet:
    """An attribute of the values; of a class, what its instances have, so that methods know their `self`."""
    instances = values.filter(lambda value: value.is_class()).execute_with_values()
    return instances.py__getattribute__(name) or values.py__getattribute__(name)


def _class(values: Sequence[Any], naming: _Naming) -> Answer:
    names = naming.all(values)
    return Answer(
        "class",
        name=_only(names),
        bases=_shared_bases(values, naming),
        returns=names,
        parameters=_parameters(values[0]),
    )


def _function(values: Sequence[Any], naming: _Naming) -> Answer:
    return Answer(
        "function",
        name=_only(naming.all(values)),
        returns=_returns(values, naming),
        parameters=_parameters(values[0]),
    )


def _instance(values: Sequence[Any], naming: _Naming) -> Answer:
    types = naming.all(_class_of(value) for value in values)
    if types == ("NoneType",) and not values[0].is_compiled():
        return UNKNOWN
    return Answer(
        "instance",
        name=_only(types),
        bases=_shared_bases([value.py__class__() for value in values], naming),
        returns=_returns(values, naming),
        value=_constant(values),
        types=types,
    )


def _returns(values: Iterable[Any], naming: _Naming) -> tuple[str, ...]:
    """The classes of what calling the values gives, without None: it is often all that jedi sees of more."""
    results = _in_order(result for value in values for result in value.execute_with_values())
    names = naming.all(_class_of(result) for result in results if result.api_type == "instance")
    return tuple(name for name in names if name != "NoneType")


def _class_of(value: Any) -> Any:
    """The class of an instance; tuples and dicts that the typing module describes name themselves."""
    return value if definition(value).startswith("typing.") else value.py__class__()


def _only(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else ""


def _shared_bases(classes: Sequence[Any], naming: _Naming) -> tuple[str, ...]:
    """The names in the MRO of every one of `classes`; a class itself counts where there are several."""
    lines = []
    for item in classes:
        line = [naming.name(base) for base in item.py__mro__()]
        lines.append([name for name in line if name and name != "object"])
    shared = [name for name in lines[0] if all(name in line for line in lines)]
    own = lines[0][:1] if len({line[0] for line in lines if line}) == 1 else []
    return tuple(name for name in shared if name not in own)


def _parameters(value: Any) -> tuple[str, ...]:
    signatures = value.get_signatures()
    if not signatures:
        return ()
    parameters = signatures[0].get_param_names(resolve_stars=True)
    names = [_STARS.get(item.get_kind(), "") + item.string_name for item in parameters]
    return tuple(names[1:] if names[:1] == ["self"] else names)


def _constant(values: Sequence[Any]) -> Constant:
    if len(values) != 1 or not values[0].is_compiled():
        return None
    value = values[0].get_safe_value(default=None)
    return cast(Constant, value) if isinstance(value, str | int | float) else None


class _Naming:
    """Qualified names of values, in the public spelling where another package defines them."""

    def __init__(self, state: InferenceState, own_folders: Sequence[str]) -> None:
        self._state = state
        self._own_folders = tuple(own_folders)

    def all(self, values: Iterable[Any]) -> tuple[str, ...]:
        """The different names of classes and functions, in order; what has no name is left out."""
        return tuple(dict.fromkeys(name for value in values if (name := self.name(value))))

    def name(self, value: Any) -> str:
        """The name of one class or function; "" for what only the typing module can name."""
        where = AT_RUN_TIME.get(definition(value), definition(value))
        module, _, rest = where.partition(".")
        if module == "builtins":
            return rest
        if module == "typing":
            return rest if rest.islower() else ""
        if self._is_own(value) or not value.get_qualified_names():
            return where
        return self._public(where, len(value.get_qualified_names()))

    def _is_own(self, value: Any) -> bool:
        path = value.get_root_context().py__file__()
        return path is not None and is_under(path, self._own_folders)

    def _public(self, where: str, depth: int) -> str:
        """The shortest spelling through a package on the way to `where` that leads to the same thing.

        `depth` is how many parts of `where` are names inside its module; a method is as public as its class.
        """
        *module, name = where.split(".")[: len(where.split(".")) - depth + 1]
        inside = where.split(".")[len(module) + 1 :]
        known: dict[tuple[str, ...], str] = _spellings(self._state)
        key = (*module, name)
        if key not in known:
            spellings = (".".join((*parts, name)) for parts in _packages(module))
            meant = ".".join(key)
            known[key] = next((spelling for spelling in spellings if self._leads_to(spelling, meant)), meant)
        return ".".join((known[key], *inside))

    def _leads_to(self, spelling: str, meant: str) -> bool:
        return any(definition(value) == meant for value in find(self._state, spelling))


def _packages(module: Sequence[str]) -> Iterator[Sequence[str]]:
    """Packages that may re-export what `module` defines, shortest first: of a.b._c.d, a and a.b and a.b.d."""
    public = [part for part in module if not part.startswith("_") and part != "src"]
    for size in range(1, len(public) + 1):
        yield public[:size]


def _spellings(state: InferenceState) -> dict[tuple[str, ...], str]:
    """Public spellings found so far; they live as long as the state whose modules they were read from."""
    known: dict[tuple[str, ...], str] = state.memoize_cache.setdefault("ml-lsp spellings", {})
    return known


def is_under(path: Path, folders: Iterable[str]) -> bool:
    """Whether a file belongs to the project in `folders`; an environment inside of one does not."""
    return any(path.is_relative_to(folder) for folder in folders) and "site-packages" not in path.parts
