"""What a Python file says of itself without being parsed: what it imports, which config files it names, its words.

All of it depends on the file's text alone, and is cheap to keep: 2 bytes a word.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from sys import intern

_IMPORT = re.compile(
    r"(?:^\ufeff?|[:;])[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+([^#\n(]*(?:\([^)]*\))?)|import[ \t]+([^#\n;]+))",
    re.M,
)
_IMPORT_START = re.compile(
    r"(?:^\ufeff?|[:;])[ \t]*(?:from[ \t]+\.*[\w.]*[ \t]+import[ \t]|import[ \t]+[^#\n;])", re.M
)
_NAME = re.compile(r"(\.*[\w.]+)(?:\s+as\s+\w+)?")

_CONFIG_NAME = re.compile(r"[^\s\"'/\\()\[\]{},]+\.(?:ya?ml|json|toml)\b", re.IGNORECASE)
_CONFIG_SUFFIXES = (".yaml", ".yml", ".json", ".toml")

# Signs are characters of two bytes that can be written as UTF-8: none of the surrogates from U+D800 on.
_FIRST_SIGN, _SIGNS = 0x100, 0xD700
_BLANKED = bytes(
    code if chr(code).isascii() and (chr(code).isalnum() or code == 95) else 32 for code in range(256)
)


@dataclass(frozen=True, slots=True)
class Gist:
    """What the text of a file says of itself.

    `imports`: the dotted names that it may import. `config_names`: the names of YAML, JSON and TOML files in it.
    `signs`: a character for every word in it; a few words have the same.
    """

    imports: tuple[str, ...] = ()
    config_names: frozenset[str] = frozenset()
    signs: str = ""

    def may_hold(self, words: tuple[str, ...]) -> bool:
        """Whether the text may hold one of some words; if not, it does not."""
        return any(all(sign in self.signs for sign in wanted) for wanted in _wanted(words))


def gist_of(text: str) -> Gist:
    """The gist of a text."""
    return Gist(tuple(map(intern, imported_names(text))), config_names_in(text), "".join(_signs(text)))


def imported_names(text: str) -> tuple[str, ...]:
    """The dotted names that a file may import, read off its lines without parsing it.

    A line of a string that looks like an import is taken for one; that costs a look, nothing else.
    """
    found: dict[str, None] = {}
    for module, names, modules in _imports(text):
        for name in _NAME.findall(modules):
            found[name] = None
        for name in _NAME.findall(names.strip("() ")):
            found[f"{module}{name}" if module.endswith(".") else f"{module}.{name}"] = None
        if "*" in names:
            found[module] = None
    return tuple(found)


def _imports(text: str) -> Iterator[tuple[str, str, str]]:
    """What `_IMPORT` finds in a text, looked for only in lines that hold the word: most of a text holds it not."""
    done = 0
    while (word := text.find("import", done)) >= 0:
        line, end = max(text.rfind("\n", 0, word) + 1, done), text.find("\n", word)
        start = _IMPORT_START.search(text, line, end if end >= 0 else len(text))
        found = _IMPORT.match(text, start.start()) if start is not None else None
        if found is not None:
            yield found[1] or "", found[2] or "", found[3] or ""
        done = found.end() if found is not None else end if end >= 0 else len(text)


def config_names_in(text: str) -> frozenset[str]:
    """The names of YAML, JSON and TOML files, without folders, that a text holds."""
    lowered = text.lower()  # it and `in` take a tenth of what the pattern takes
    if not any(suffix in lowered for suffix in _CONFIG_SUFFIXES):
        return frozenset()
    return frozenset(_CONFIG_NAME.findall(text))


def _signs(text: str) -> set[str]:
    """The signs of the words of a text: of all its longest runs of ASCII letters, digits and underscores."""
    words = set(text.encode("utf-8", "surrogatepass").translate(_BLANKED).split())
    return {chr(_FIRST_SIGN + zlib.crc32(word) % _SIGNS) for word in words}


@lru_cache(maxsize=1_000)
def _wanted(words: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    """For each of some words the signs that every text has that holds it."""
    return tuple(frozenset(_signs(word)) for word in words if word)


def to_json(gist: Gist) -> str:
    """A gist as text."""
    values = [gist.imports, sorted(gist.config_names), gist.signs]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Gist | None:
    """The gist that `to_json` made a text of; None if it made none of it."""
    try:
        imports, config_names, signs = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
    if not (_are_names(imports) and _are_names(config_names) and isinstance(signs, str)):
        return None
    return Gist(tuple(map(intern, imports)), frozenset(config_names), signs)


def _are_names(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(name, str) for name in found)
