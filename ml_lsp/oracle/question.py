"""What can be asked about a name from elsewhere, and what comes back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

Kind = Literal["class", "function", "module", "instance", "missing", "unknown"]
Constant = str | int | float | bool | None

KINDS: tuple[Kind, ...] = ("class", "function", "module", "instance", "missing", "unknown")


@dataclass(frozen=True)
class Question:
    """What is `name`? A dotted name as an import could spell it: "torch.nn.Linear", "models.build".

    The name may go on into a class ("torch.nn.Linear.forward"), into what its instances hold ("zoo.Net.loss",
    set in an `__init__`) or into a value ("shop.app.command"). It never holds text of the user's file.
    """

    name: str


@dataclass(frozen=True)
class Answer:
    """What a name stands for. Every field says what may be; nothing is known to be complete.

    Attributes:
        kind: What the name stands for; "missing" where it surely stands for nothing, though its package is
            installed; "unknown" where nothing could be found out, or several things that are not alike.
        name: The qualified name after following re-exports: the public spelling for an installed package
            ("torch.nn.Linear"), the place of the definition for a module of the project ("zoo.net.Net"). For
            an instance, the name of its class. Empty where several classes or functions may be meant. Of what
            is missing, the module that lacks it.
        bases: For a class, the qualified names of its MRO without itself and without `object`; for an
            instance, that of its class. Where several are possible, those that all of them have.
        returns: The qualified names of the classes whose instances calling it may return. `None` is left out:
            it is often all that can be told about a function that returns more.
        parameters: The names of its parameters without `self`, with the stars of `*args` and `**kwargs`.
        value: The value of a constant.
        types: For an instance, the qualified names of the classes it may be an instance of.
        near: Of what is missing, a name that the module has and of which the missing one is a slip; may be empty.
    """

    kind: Kind = "unknown"
    name: str = ""
    bases: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    value: Constant = None
    types: tuple[str, ...] = ()
    near: str = ""


UNKNOWN = Answer()


def to_json(answer: Answer) -> dict[str, Any]:
    """The answer as JSON can hold it; `from_json` is the way back."""
    return {key: value for key, value in asdict(answer).items() if value or key == "value"}


def from_json(data: object) -> Answer:
    """The answer that `to_json` wrote.

    Raises:
        ValueError: if `data` is anything else; it may come from a cache file that somebody else wrote.
    """
    if not isinstance(data, dict) or not data.keys() <= Answer.__dataclass_fields__.keys():
        raise ValueError(f"not an answer: {data!r:.80}")
    kind, name, value = data.get("kind", "unknown"), data.get("name", ""), data.get("value")
    near = data.get("near", "")
    if kind not in KINDS or not isinstance(name, str) or not isinstance(near, str):
        raise ValueError(f"not an answer: {data!r:.80}")
    if value is not None and not isinstance(value, str | int | float):
        raise ValueError(f"not a constant: {value!r:.80}")
    names = {key: _names(data.get(key, ())) for key in ("bases", "returns", "parameters", "types")}
    return Answer(kind=cast(Kind, kind), name=name, value=value, near=near, **names)


def _names(data: object) -> tuple[str, ...]:
    if not isinstance(data, list | tuple) or not all(isinstance(item, str) for item in data):
        raise ValueError(f"not a list of names: {data!r:.80}")
    return tuple(data)
