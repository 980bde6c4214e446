"""What a rule page may say: its keys, their kinds and words. What is wrong is told with its line."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, NamedTuple

from ml_lsp.finding import Severity, Tag, Tier
from ml_lsp.suggestion import did_you_mean
from ml_lsp.text import Span

if TYPE_CHECKING:
    import yaml

REQUIRED = ("severity", "tier", "area", "title", "message", "why", "examples")

# Says what a value must be, or nothing where it is that.
Kind = Callable[[object], str]


class CatalogueError(ValueError):
    """A rule page is wrong; the message names the file and, where known, the line.

    `problem` is the message without them, `span` the key in the page's text at which it stands, where that is known.
    """

    def __init__(self, message: str, problem: str = "", span: Span | None = None) -> None:
        super().__init__(message)
        self.problem, self.span = problem, span


def _text(value: object) -> str:
    return "" if isinstance(value, str) else "a text"


def _names(value: object) -> str:
    fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return "" if fits else "a list of names"


def _roots(value: object) -> str:
    fits = isinstance(value, list) and all(isinstance(item, str) and item.isidentifier() for item in value)
    return "" if fits else "a list of root names of imports, as `torch`"


def _mapping(value: object) -> str:
    return "" if isinstance(value, dict) else "a mapping"


def _mappings(value: object) -> str:
    fits = isinstance(value, list) and all(isinstance(item, dict) for item in value)
    return "" if fits else "a list of mappings"


def _yes_or_no(value: object) -> str:
    return "" if isinstance(value, bool) else "true or false"


def _position(value: object) -> str:
    return "" if type(value) is int and value >= 0 else "a position, counted from 0"


def _constant(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(
        r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d+|[+-]?\.\d+[eE][+-]?\d+", value
    ):
        return "a number that YAML takes for a text, to be written with a point and a sign, as `1.0e-3`"
    return "" if not isinstance(value, dict | list) else "a constant"


def _dotted(value: object) -> str:
    parts = value.removeprefix(".").split(".") if isinstance(value, str) else [""]
    return "" if all(part.isidentifier() for part in parts) else "a dotted name, as `torch.load`"


def _dotted_names(value: object) -> str:
    names = value if isinstance(value, list) and value else [value]
    return "a dotted name, as `torch.load`, or a list of them" if any(map(_dotted, names)) else ""


def _name(value: object) -> str:
    return "" if isinstance(value, str) and value.isidentifier() else "the name of an argument"


def _given(value: object) -> str:
    """Arguments as they stand in a call."""
    try:
        parsed = isinstance(value, str) and isinstance(ast.parse(f"f({value}\n)", mode="eval").body, ast.Call)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        parsed = False
    return "" if parsed else "arguments as a call has them, as `weights_only=True`"


def _inner_name(value: object) -> str:
    """A file's name is a relative path: what tries an example writes its files, and nowhere but there."""
    inside = isinstance(value, str) and re.fullmatch(r"[\w.-]+(?:/[\w.-]+)*", value)
    return "" if inside and ".." not in str(value).split("/") else "a relative path, as `configs/train.yaml`"


def _inner_files(value: object) -> str:
    fits = (
        isinstance(value, dict) and not any(map(_inner_name, value)) and not any(map(_text, value.values()))
    )
    return "" if fits else "a mapping of relative paths to texts"


def _versions(value: object) -> str:
    fits = isinstance(value, dict) and not any(map(_text, (*value, *value.values())))
    return "" if fits else "a mapping of libraries to versions in quotes"


def _cells(value: object) -> str:
    fits = isinstance(value, list) and value and all(map(_is_cell, value))
    return "" if fits else "a list of cells, each code or a mapping of `code`, `count` and `tags`"


def _is_cell(value: object) -> bool:
    if not isinstance(value, dict):
        return isinstance(value, str)
    return (
        {"code"} <= value.keys() <= {"code", "count", "tags"}
        and isinstance(value["code"], str)
        and isinstance(value.get("count"), int | None)
        and not _names(value.get("tags", []))
    )


def _one_of(words: tuple[str, ...]) -> Kind:
    def kind(value: object) -> str:
        return "" if value in words else f"one of {', '.join(words)}"

    return kind


_TAGS = tuple(tag.value for tag in Tag)


def _tags(value: object) -> str:
    fits = isinstance(value, list) and all(item in _TAGS for item in value)
    return "" if fits else f"a list of {' and '.join(_TAGS)}"


_PAGE: Mapping[str, Kind] = {
    "severity": _one_of(tuple(severity.value for severity in Severity)),
    "tier": _one_of(tuple(tier.value for tier in Tier)),
    "area": _text,
    "title": _text,
    "message": _text,
    "fix": _mapping,
    "why": _text,
    "references": _names,
    "libraries": _roots,
    "calls": _names,
    "words": _names,
    "mentions": _names,
    "match": _mapping,
    "data": _mapping,
    "tags": _tags,
    "examples": _mappings,
}
_FIX: Mapping[str, Kind] = {"title": _text, "safe": _yes_or_no}
_MATCH: Mapping[str, Kind] = {
    "call": _dotted_names,
    "without_argument": _name,
    "argument": _name,
    "value": _constant,
    "position": _position,
    "add_argument": _given,
    "replace_call": _dotted,
}
_EXAMPLE: Mapping[str, Kind] = {
    "name": _text,
    "code": _text,
    "fixed": _text,
    "file": _inner_name,
    "files": _inner_files,
    "requires": _versions,
    "cells": _cells,
    "metadata": _mapping,
}
_CHANGES = ("add_argument", "replace_call")


@dataclass(frozen=True)
class _Page:
    """A page's file, and the node of each key by the keys that lead to it."""

    path: Path
    keys: Mapping[tuple[str, ...], yaml.Node]

    def wrong(self, message: str, *keys: str) -> CatalogueError:
        node = self.keys.get(keys)
        line = node.start_mark.line + 1 if node is not None else 1
        return CatalogueError(f"{self.path}:{line}: {message}", message, _span(node))

    def check_examples(self, examples: list[Mapping[str, Any]]) -> None:
        """Raise for an example without a name or code, or with one of a kind that it cannot have."""
        names: set[str] = set()
        for number, example in enumerate(examples):
            place = ("examples", str(number))
            self.check(example, _EXAMPLE, *place)
            if not example.get("name"):
                raise self.wrong(f"example {number + 1} needs a `name`", *place)
            if not (example.get("code") or example.get("cells")):
                raise self.wrong(f"example {number + 1} needs `code`", *place)
            if example["name"] in names:
                raise self.wrong(f"there is another example `{example['name']}`", *place)
            names.add(example["name"])

    def check(self, raw: Mapping[Any, object], kinds: Mapping[str, Kind], *within: str) -> None:
        """Raise for the first key that is unknown or of another kind than it must be."""
        for key, value in raw.items():
            place = (*within, str(key))
            if key not in kinds:
                raise self.wrong(f"unknown key `{_written(place)}`{did_you_mean(str(key), kinds)}", *place)
            wanted = kinds[key](value)
            if wanted:
                near = (
                    did_you_mean(value, wanted.removeprefix("one of ").split(", "))
                    if isinstance(value, str)
                    else ""
                )
                raise self.wrong(f"`{_written(place)}` is {wanted}, not {_shown(value)}{near}", *place)

    def check_match(self, match: Mapping[str, Any], raw: Mapping[str, Any]) -> None:
        """Raise for a pattern whose keys do not fit each other or the rest of the page."""
        self.check(match, _MATCH, "match")
        if "call" not in match:
            raise self.wrong("`match` needs `call`, the dotted name of what is called", "match")
        if "value" in match and "argument" not in match:
            raise self.wrong("`value` is that of `argument`, which is missing", "match", "value")
        if "position" in match and not {"argument", "without_argument"} & match.keys():
            said = "`position` is that of `argument` or `without_argument`, which are missing"
            raise self.wrong(said, "match", "position")
        for key in sorted(set(_CHANGES) & set(match)):
            if "fix" not in raw:
                raise self.wrong(
                    f"`{key}` is a fix; say what it is called with `fix: {{title: ...}}`", "match", key
                )
        if "." not in match.get("replace_call", "."):
            raise self.wrong("`replace_call` is a dotted name, as `torch.load`", "match", "replace_call")
        self._check_fields(raw["message"], "message")
        self._check_fields(raw.get("fix", {}).get("title", ""), "fix", "title")

    def _check_fields(self, text: str, *place: str) -> None:
        """Raise for `{...}` that a pattern does not fill in."""
        try:
            fields = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
        except ValueError as error:
            raise self.wrong(
                f"`{'.'.join(place)}`: {error}; write {{{{ and }}}} for braces", *place
            ) from error
        if set(fields) - {"name"}:
            said = f"`{'.'.join(place)}` may hold `{{name}}`, what is called; a pattern knows no `{{{fields[0]}}}`"
            raise self.wrong(said, *place)


def check_page(raw: object, node: yaml.Node | None, path: Path) -> dict[str, Any]:
    """What a page says, if it has the form of one; `node` tells the lines.

    Raises:
        CatalogueError: if a key is missing, unknown or of the wrong kind.
    """
    page = _Page(path, {place: key for place, key, _ in _places(node, ())})
    if not isinstance(raw, dict):
        raise page.wrong(
            "the page is empty" if raw is None else "a rule page is a mapping, `key: value` in each line"
        )
    page.check(raw, _PAGE)
    for key in REQUIRED:
        if not raw.get(key):
            raise page.wrong(f"`{key}` is missing")
    if "fix" in raw:
        page.check(raw["fix"], _FIX, "fix")
        if not raw["fix"].get("title"):
            raise page.wrong("`fix` needs a `title`", "fix")
    for key in raw.get("mentions", ()):
        if not isinstance(raw.get("data", {}).get(key), list | dict):
            raise page.wrong(f"`mentions` names lists of `data`; there is no `{key}`", "mentions")
    page.check_examples(raw["examples"])
    if "match" in raw:
        page.check_match(raw["match"], raw)
    return raw


def _written(place: tuple[str, ...]) -> str:
    """The keys that lead to a place as people write them: `match.call`, `code`."""
    return ".".join(place[2:] if place[0] == "examples" and len(place) > 2 else place)


def _span(key: yaml.Node | None) -> Span | None:
    """Where a key stands in the text of its page; of an item of a list, its first key."""
    while getattr(key, "value", None) and not isinstance(key.value, str):  # type: ignore[union-attr]
        first = key.value[0]  # type: ignore[union-attr]
        key = first[0] if isinstance(first, tuple) else first
    return Span(key.start_mark.index, key.end_mark.index) if key is not None else None


def _places(
    node: yaml.Node | None, within: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], yaml.Node, yaml.Node]]:
    """The keys that lead to a value, the node of its key (in a list, its own) and that of the value, of a mapping, of
    the mappings directly in it, and of the examples."""
    import yaml

    if isinstance(node, yaml.MappingNode) and len(within) <= 2:
        for key, value in node.value:
            place = (*within, str(key.value))
            yield place, key, value
            yield from _places(value, place)
    elif isinstance(node, yaml.SequenceNode) and within == ("examples",):
        for number, item in enumerate(node.value):
            place = (*within, str(number))
            yield place, item, item
            yield from _places(item, place)


class Start(NamedTuple):
    """Where a value of a page starts: the 0-based line of its key, and that of its first line of text where
    its lines stand there as they are, only indented (after `|`)."""

    key: int
    text: int | None


def starts(text: str) -> dict[tuple[str, ...], Start]:
    """Where the values of a page that has the form of one start, by the keys that lead to them."""
    import yaml

    node = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {
        place: Start(
            key.start_mark.line,
            value.start_mark.line + 1 if getattr(value, "style", None) == "|" else None,
        )
        for place, key, value in _places(node)
    }


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
