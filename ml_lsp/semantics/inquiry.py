"""Asking across pieces: every answer is noted, so that a finding is reviewed again when one of them changes."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, cast

from ml_lsp.semantics import library
from ml_lsp.semantics.deployment import Script, deployment_says, scripts
from ml_lsp.semantics.evaluate import attribute
from ml_lsp.semantics.flow import Definition, FunctionNode
from ml_lsp.semantics.module import Module, flow_of_piece
from ml_lsp.semantics.names import public
from ml_lsp.semantics.outside import Known, Outside
from ml_lsp.semantics.questions import NOTHING, Answer, Question, answer, ask
from ml_lsp.semantics.values import UNKNOWN, Global, Ref, Site, Value, either
from ml_lsp.syntax.segments import Kind

if TYPE_CHECKING:
    from ml_lsp.semantics.classes import Class
    from ml_lsp.semantics.config_file import ConfigFile
    from ml_lsp.semantics.project import Project
    from ml_lsp.semantics.scope import Scope

T = TypeVar("T")


@dataclass(eq=False, repr=False)
class Inquiry:
    """What one unit of review (a piece, a class, a module) may ask about its module, and what it has asked.

    `versions`: versions of installed libraries where they are known. `asker`: set where the module is not the
    one under review but was asked about in the course of it; all is noted with the asker then. `memory`: what
    facts work out once for all checks of the unit.
    """

    module: Module
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    asked: set[Question] = field(default_factory=set)
    told: dict[Question, tuple[int, ...]] = field(default_factory=dict)
    values: dict[tuple[object, ast.AST], Value] = field(default_factory=dict)
    value_classes: dict[int, tuple[Value, Value | None]] = field(default_factory=dict)  # by id of the first
    globals: dict[tuple[str, int], Value] = field(default_factory=dict)
    scopes: dict[tuple[int, ast.AST | None], Scope] = field(default_factory=dict)
    classes: dict[object, Class] = field(default_factory=dict)
    project: Project | None = None
    outside: Known = field(default_factory=lambda: NOTHING)
    asker: Inquiry | None = None
    elsewhere: dict[Path, Inquiry] = field(default_factory=dict)
    names: dict[str, Value] = field(default_factory=dict)
    memory: dict[object, object] = field(default_factory=dict)
    depth: int = 0
    _mentioned: dict[str, bool] = field(default_factory=dict)
    _used: dict[int, tuple[Collection[str], bool]] = field(default_factory=dict)  # by id of the first

    @property
    def label(self) -> str:
        """How values tell the modules of a project apart: empty for the one under review."""
        return str(self.module.path) if self.asker is not None else ""

    def pieces(self, *question: str) -> tuple[int, ...]:
        """Ask, and note the question."""
        self.asked.add(question)
        if question not in self.told:
            self.told[question] = ask(self.module, question)
        return self.told[question]

    def owner_name(self, piece: int) -> str | None:
        """The name of the class that a piece is a member or the header of; None while the header does not parse."""
        name = self.module.owner_name(piece)
        if name is None and self.module.pieces[piece].kind.in_class:
            self.pieces("class", "")
        return name

    def mentions(self, word: str) -> bool:
        """Whether any piece holds a word; a cheaper thing to rest on than the pieces that do."""
        if word not in self._mentioned:
            self.asked.add(("mentioned", word))
            self._mentioned[word] = bool(self.module.mentioning(word))
        return self._mentioned[word]

    def may_use(self, dotted: Collection[str]) -> bool:
        """Whether the module holds the last part of one of these dotted names, as who uses one of them must."""
        known = self._used.get(id(dotted))
        if known is None:
            question = ("mentioned", *(name.rpartition(".")[2] for name in dotted))
            self.asked.add(question)
            known = self._used[id(dotted)] = (dotted, bool(answer(self.module, question)[0]))
        return known[1]

    def once(self, key: Hashable, work: Callable[[], T]) -> T:
        """What `work` finds out, worked out once under a key for all checks of the unit."""
        if key not in self.memory:
            self.memory[key] = work()
        return cast(T, self.memory[key])

    def answers(self) -> dict[Question, Answer]:
        """All that was asked, with the answers."""
        return {
            question: answer(self.module, question, self.project, self.outside) for question in self.asked
        }

    def let_go(self) -> None:
        """Drop what was worked out, at the end: scopes, calls and values lead to each other, and a garbage collector
        that must find that out takes a third of the time of a review."""
        for other in self.elsewhere.values():
            other.let_go()
        for scope in self.scopes.values():
            vars(scope).clear()
        for worked_out in (
            self.values, self.value_classes, self.globals, self.scopes, self.classes, self.elsewhere,
            self.names, self.memory,
        ):  # fmt: skip
            worked_out.clear()

    # ---- libraries

    def ancestry(self, name: str) -> tuple[str, ...]:
        """An outside class and the classes it derives from, as far as is known, nearest first."""
        known = library.ancestry(name)
        if library.is_known_class(name):
            return known
        looked_up = self._looked_up(name)
        bases = looked_up.bases if looked_up is not None and looked_up.kind == "class" else ()
        further = (further for base in bases for further in library.ancestry(public(base)))
        return tuple(dict.fromkeys((*known, *further)))

    def returned(self, name: str) -> str | None:
        """The class of what calling an outside name returns; None if it is not known, or one of several."""
        known = library.returned(name)
        if known is not None:
            return known
        looked_up = self._looked_up(name)
        returns = looked_up.returns if looked_up is not None else ()
        return public(returns[0]) if len(returns) == 1 else None

    def knows_class(self, name: str) -> bool:
        """Whether the bases of an outside class are known."""
        return library.is_known_class(name) or self._looked_up(name) is not None

    def _looked_up(self, name: str) -> Outside | None:
        if name.startswith(("builtins.", ".")) or "." not in name:
            return None
        (self.asker or self).asked.add(("outside", name))
        found = self.outside.get(name)
        return found if found is not None and found.kind != "missing" else None

    # ---- other files

    def named(self, dotted: str) -> Value:
        """What a dotted name stands for: something of the project, or an outside name."""
        if self.project is None:
            return Ref(public(dotted))
        if dotted not in self.names:
            self.names[dotted] = Ref(public(dotted))  # a name that leads back to itself
            self.names[dotted] = self._of_project(dotted)
        return self.names[dotted]

    def _of_project(self, dotted: str) -> Value:
        assert self.project is not None
        outside = Ref(public(dotted))
        found = self.project.find(dotted, self.module.path)
        other = self.at(found.path) if found is not None and found.rest else None
        if found is None or other is None:
            return outside
        value = other.global_value(found.rest[0])
        if value == UNKNOWN:
            return outside
        for name in found.rest[1:]:
            value = attribute(value, name)
        return value

    def at(self, path: Path) -> Inquiry | None:
        """The inquiry into another file of the project; None if it cannot be read."""
        first = self.asker or self
        if path == first.module.path:
            return first
        if path not in first.elsewhere:
            first.asked.add(("file", str(path)))
            module = self.project.module_at(path) if self.project else None
            if module is None:
                return None
            first.elsewhere[path] = Inquiry(
                module, self.versions, project=self.project, outside=self.outside, asker=first
            )
        return first.elsewhere[path]

    def importers(self) -> list[Inquiry]:
        """The inquiries into the files of the project that import this module."""
        first = self.asker or self
        if self.project is None:
            return []
        first.asked.add(("importers", str(self.module.path)))
        found = [self.at(path) for path in self.project.importers(self.module.path)]
        return [other for other in found if other is not None]

    def configs(self) -> tuple[ConfigFile, ...]:
        """The YAML, JSON and TOML files of the project."""
        first = self.asker or self
        first.asked.add(("configs",))
        return tuple(self.project.configs()) if self.project else ()

    def modules(self, word: str, *others: str) -> Iterator[Module]:
        """The modules of the project whose text holds one of the words, in order."""
        first = self.asker or self
        first.asked.add(("modules", word, *others))
        return self.project.modules(word, *others) if self.project else iter(())

    def scripts(self) -> tuple[Script, ...]:
        """The commands that the project installs."""
        first = self.asker or self
        first.asked.add(("scripts",))
        return scripts(self.project) if self.project else ()

    def deployment(self, word: str) -> bool:
        """Whether a file about the project's deployment holds a word; see `deployment_says`."""
        first = self.asker or self
        first.asked.add(("deployment", word))
        return self.project is not None and deployment_says(self.project, word)

    # ---- scopes

    def piece_scope(self, piece: int) -> Scope:
        """The scope of a piece's statements at its own level."""
        from ml_lsp.semantics.scope import Scope

        key = (piece, None)
        if key not in self.scopes:
            self.scopes[key] = Scope(self, piece, None, None)
        return self.scopes[key]

    def function_scope(self, piece: int, node: FunctionNode, parent: Scope) -> Scope:
        """The scope of a function that is defined in `parent`."""
        from ml_lsp.semantics.scope import Scope

        key = (piece, node)
        if key not in self.scopes:
            self.scopes[key] = Scope(self, piece, node, parent)
        return self.scopes[key]

    def function(self, name: str) -> Scope | None:
        """The function that a module-level name is, if it is one function and nothing else."""
        found = self.pieces("defines", name)
        if len(found) != 1:
            return None
        scope = self.piece_scope(found[0])
        node = next((n for n in scope.flow.functions if getattr(n, "name", None) == name), None)
        return scope.function(node) if node is not None else None

    def class_(self, name: str) -> Class | None:
        """The class that a module-level name is, if it is one class and nothing else."""
        from ml_lsp.semantics.classes import Class

        if name in self.classes:
            return self.classes[name]
        found = self.pieces("binds", name)
        if len(found) != 1 or self.module.pieces[found[0]].kind is Kind.FUNCTION:
            return None
        members = self.pieces("class", name)
        made = Class.of_pieces(self, members) if members else Class.nested(self.piece_scope(found[0]), name)
        if made is not None:
            self.classes[name] = made
        return made

    # ---- names

    def global_value(self, name: str, before: int | None = None) -> Value:
        """What a module-level name holds: at the end of the module, or right before the piece `before`."""
        key = (name, -1 if before is None else before)
        if key not in self.globals:
            self.globals[key] = UNKNOWN  # a name that leads back to itself
            self.globals[key] = self._look_up(name, before)
        return self.globals[key]

    def _look_up(self, name: str, before: int | None) -> Value:
        binders = self.pieces("binds", name)
        if before is not None:
            binders = tuple(piece for piece in binders if piece < before)
        found: list[Value] = []
        for piece in reversed(binders):
            definitions = flow_of_piece(self.module.pieces[piece]).at_end.get(name, ())
            if not definitions:
                continue
            scope = self.piece_scope(piece)
            known = [d for d in definitions if d.name]
            found += [self._bound(scope, definition) for definition in known]
            if before is not None and len(known) == len(definitions):
                break
        if found:
            return either(found)
        if name in self.module.tables.imports:
            return self.named(self.module.tables.imports[name])
        if hasattr(builtins, name) or name == "__file__":  # which each module has, builtins not
            return Ref(f"builtins.{name}")
        return self._starred(name)

    def _bound(self, scope: Scope, definition: Definition) -> Value:
        if definition.kind in ("function", "class"):
            return Global(definition.name, self.label, site=Site(scope, definition.node))
        return scope.definition_value(definition)

    def _starred(self, name: str) -> Value:
        """A name that can only have come from a star import, if there is a single one."""
        stars = self.module.tables.stars
        for star in stars:
            found = self.named(f"{star}.{name}")
            if not isinstance(found, Ref):
                return found
        return Ref(public(f"{stars[0]}.{name}")) if len(stars) == 1 else UNKNOWN
