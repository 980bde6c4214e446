"""Whether an installed module surely lacks a name: told by its text, and by the texts of what it imports with a star.

jedi tells what it finds; that it finds nothing means little. Here every doubt counts as there: a word of that name
anywhere in the package, whose modules may set names of each other, a module that makes names while it runs, one that
is compiled, or whose text cannot be read.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import resolve_name
from pathlib import Path

from ml_lsp.semantics.facts import bound_names
from ml_lsp.semantics.files import read_regular, read_text
from ml_lsp.semantics.spelling import nearest

# A module that makes names of its own while it runs gets hold of itself by one of these, or has a `__getattr__`.
_MAKES_NAMES = re.compile(
    r"\b(?:globals|exec|__path__|extend_path|_convert_|global_enum|_LazyModule|lazy_loader|lazy_import)\b"
    r"|\bsys\b[^\n]{0,200}\bmodules\b|\bimport_module\(\s*__|\b(?:vars|locals)\s*\(\s*\)\s*[\[.]"
    r"|^\w+\s*=\s*(?:vars|locals)\s*\(|^[ \t]*setattr\s*\(",
    re.MULTILINE,
)
_MOST_STARS = 200


@dataclass(frozen=True)
class Absence:
    """A `module` of an installed package and a `name` that it surely has not; `near`: one that it has and of which
    the name is a slip, empty if there is none."""

    module: str
    name: str
    near: str


def absence(dotted: str, folders: Sequence[str], own: Sequence[str] = ()) -> Absence | None:
    """Where a dotted name leads to nothing in the packages of `folders`; None if it leads somewhere, if its package
    is not there or is one of the project's (in the folders `own`), or if that cannot be told for sure."""
    parts = dotted.split(".")
    if parts[0] in sys.stdlib_module_names or PathFinder.find_spec(parts[0], list(own)) is not None:
        return None
    find = _Finder(tuple(folder for folder in folders if folder not in own)).find
    top = module = find(parts[0])
    for at, part in enumerate(parts[1:], 1):
        if module is None:
            return None
        inner = find(".".join(parts[: at + 1]))
        if inner is None:
            is_sure = part not in module.portions and module.surely_lacks(part)
            if not is_sure or top is None or top.names_anywhere(part):
                return None
            return Absence(module.name, part, nearest(part, set(module.known())) or "")
        module = inner if not module.hides(part) else None
    return None


def _sources(folder: str) -> Iterator[Path]:
    for inside, _, names in os.walk(folder):
        yield from (Path(inside, name) for name in names if name.endswith((".py", ".pyi")))


def _content(path: Path) -> bytes:
    try:
        return read_regular(path)
    except OSError:  # gone by now, or no regular file
        return b""


@dataclass(eq=False)
class _Finder:
    """The modules of installed packages, each read once."""

    folders: tuple[str, ...]
    _found: dict[str, _Module | None] = field(default_factory=dict)

    def find(self, name: str) -> _Module | None:
        """The module of a dotted name; None if there is none that is text and parses."""
        if name not in self._found:
            self._found[name] = self._read(name)
        return self._found[name]

    def _read(self, name: str) -> _Module | None:
        above, _, last = name.rpartition(".")
        package = self.find(above) if above else None
        if above and (package is None or not package.places):
            return None
        spec = PathFinder.find_spec(last, list(package.places if package is not None else self.folders))
        if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
            return None
        try:
            text = read_text(spec.origin)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the package's text, as an invalid escape
                tree = ast.parse(text)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        return _Module(name, spec, text, tree, self.find)


@dataclass(eq=False)
class _Module:
    """An installed module that is text, by its dotted name. `find` gives others."""

    name: str
    spec: ModuleSpec
    text: str
    tree: ast.Module
    find: Callable[[str], _Module | None]

    @property
    def places(self) -> tuple[str, ...]:
        """The folders of a package; none of a plain module."""
        return tuple(self.spec.submodule_search_locations or ())

    @cached_property
    def portions(self) -> frozenset[str]:
        """What lies in a package's folders, whatever it is, by the first part of its name."""
        names = (path.name for place in self.places for path in Path(place).iterdir())
        return frozenset(name.partition(".")[0] for name in names)

    def surely_lacks(self, name: str) -> bool:
        """Whether nothing can give the module an attribute of that name."""
        modules, is_all = self._with_starred
        word = re.compile(rf"\b{re.escape(name)}\b")
        return is_all and not any(
            _MAKES_NAMES.search(module.text) or "__getattr__" in module.bound or word.search(module.text)
            for module in modules
        )

    def names_anywhere(self, name: str) -> bool:
        """Whether a file of Python or a stub in the package's folders holds the word."""
        word = re.compile(rb"\b%s\b" % re.escape(name).encode())
        return any(word.search(_content(path)) for place in self.places for path in _sources(place))

    def hides(self, name: str) -> bool:
        """Whether the package may give that name to something else than its submodule."""
        own = {f"{self.name}.{name}"}
        return any(
            name in module.bound and (module is not self or not self._imported(name) <= own)
            for module in self._with_starred[0]
        )

    def known(self) -> Iterator[str]:
        """The names that the module has, as far as that is seen."""
        yield from self.portions
        for module in self._with_starred[0]:
            yield from module.bound

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that the module's statements bind."""
        return frozenset(name for statement in self.tree.body for name in bound_names(statement))

    @cached_property
    def _with_starred(self) -> tuple[list[_Module], bool]:
        """The module with all that it imports by a star, and those do; whether all of them were found."""
        found, is_all = [self], True
        for module in found:
            for name in module._stars():
                other = self.find(name) if len(found) < _MOST_STARS else None
                is_all = is_all and other is not None
                if other is not None and other not in found:
                    found.append(other)
        return found, is_all

    def _stars(self) -> Iterator[str]:
        for node in self._imports():
            if any(alias.name == "*" for alias in node.names):
                yield self._source(node)

    def _imported(self, name: str) -> set[str]:
        """What the statements that bind a name import under it; what binds it otherwise is the empty name."""
        found = {
            f"{self._source(node)}.{alias.name}"
            for node in self._imports()
            for alias in node.names
            if (alias.asname or alias.name) == name
        }
        others = (bound_names(node) for node in self.tree.body if not isinstance(node, ast.ImportFrom))
        return found | ({""} if any(name in names for names in others) else set())

    def _imports(self) -> Iterator[ast.ImportFrom]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom))

    def _source(self, node: ast.ImportFrom) -> str:
        """The dotted name of the module that a statement imports from; empty if it leads out of the package."""
        package = self.name if self.places else self.name.rpartition(".")[0]
        try:
            return resolve_name("." * node.level + (node.module or ""), package)
        except ImportError:
            return ""
