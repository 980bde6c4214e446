"""What a unit of review may ask about a module and its project, and the answers that it then rests on."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ml_lsp.semantics.deployment import deployment_says, scripts
from ml_lsp.semantics.facts import class_node, facts, names_files
from ml_lsp.semantics.module import Module
from ml_lsp.semantics.outside import Known
from ml_lsp.syntax.segments import Kind, Segment
from ml_lsp.syntax.trees import tree

if TYPE_CHECKING:
    from ml_lsp.semantics.project import Project

NOTHING: Known = MappingProxyType({})

OF_THE_PROJECT = ("importers", "configs", "modules", "scripts", "deployment")
"""The kinds of questions whose answer cannot be told without all files of the project."""

BEYOND_THE_MODULE = ("file", "outside", *OF_THE_PROJECT)
"""The kinds of questions whose answer does not stand in the module."""

Question = tuple[str, ...]
Answer = tuple[object, ...]


def ask(module: Module, question: Question) -> tuple[int, ...]:
    """The pieces that answer a question about a module.

    `("defines", name)` and `("binds", name)`: pieces that bind a module-level name.
    `("class", name)` and `("whole class", name)`: a class's header and members; under the empty name the headers
    that do not parse, whose members wait for a class.
    `("method", class, name)`: members that bind a name.
    `("stores", class, attribute)`: members that set an attribute of anything, or the class-level name.
    `("mentions", word)`: pieces that hold the word.
    `("top level",)`: pieces that run when the module does.
    `("names files",)`: pieces that may hold the name of a config file.
    `("everything",)`: all pieces.
    """
    pieces = module.pieces
    match question:
        case ("defines" | "binds", name):
            return module.tables.defines.get(name, ())
        case ("class" | "whole class", ""):
            nameless = (index for index, piece in enumerate(pieces) if piece.kind is Kind.CLASS)
            return tuple(index for index in nameless if class_node(pieces[index]) is None)
        case ("class" | "whole class", name):
            return module.tables.classes.get(name, ())
        case ("method", owner, name):
            members = module.tables.classes.get(owner, ())[1:]
            return tuple(index for index in members if name in facts(pieces[index]).defines)
        case ("stores", owner, name):
            members = module.tables.classes.get(owner, ())
            return tuple(index for index in members if facts(pieces[index]).may_store(name))
        case ("mentions", word):
            return module.mentioning(word)
        case ("names files",):
            return tuple(index for index, piece in enumerate(pieces) if names_files(piece))
        case ("everything",):
            return tuple(range(len(pieces)))
        case ("top level",):
            return tuple(index for index, piece in enumerate(pieces) if piece.kind is Kind.STATEMENT)
    raise ValueError(question)


def answer(
    module: Module, question: Question, project: Project | None = None, outside: Known = NOTHING
) -> Answer:
    """The same as `ask`, as the pieces themselves: equal as long as none of them changes.

    Of `("binds", name)` not what stands in the function or class of that name, and of `("class", name)` only the
    header and what the members are called: who looks inside asks for that.
    `("mentioned", *words)`: whether any piece holds one of the words.
    `("outside", name)`: what is known of an outside name. For the questions about the project see `_of_project`.
    """
    if question[0] == "outside":
        return (outside.get(question[1]),)
    if question[0] in BEYOND_THE_MODULE:
        return _of_project(project, question) if project is not None else ()
    if question not in module.answered:
        module.answered[question] = _of_module(module, question)
    return module.answered[question]


def _of_module(module: Module, question: Question) -> Answer:
    if question[0] == "mentioned":
        return (any(map(module.mentioning, question[1:])),)
    pieces = tuple(module.pieces[index] for index in ask(module, question))
    match question:
        case ("binds", name):
            return tuple(piece.kind if _is_definition(piece, name) else piece for piece in pieces)
        case ("class", _):
            return (*pieces[:1], *((piece.kind, facts(piece).defines) for piece in pieces[1:]))
    return pieces


def _of_project(project: Project, question: Question) -> Answer:
    """What a project answers.

    `("file", path)`: all pieces of another file. `("importers", path)`: those of all files that import it.
    `("configs",)`: its YAML, JSON and TOML files. `("modules", *words)`: the pieces of its Python files whose text
    holds one of the words. `("scripts",)`: the commands that it installs. `("deployment", word)`: whether files
    about its deployment hold the word.
    """
    match question:
        case ("configs",):
            return tuple(project.configs())
        case ("modules", *words):
            return tuple(piece for other in project.modules(*words) for piece in other.pieces)
        case ("scripts",):
            return scripts(project)
        case ("deployment", word):
            return (deployment_says(project, word),)
        case ("file", path):
            other = project.module_at(Path(path))
            return other.pieces if other else ()
        case ("importers", path):
            found = [project.module_at(file) for file in project.importers(Path(path))]
            return tuple(piece for other in found if other for piece in other.pieces)
    raise ValueError(question)


def _is_definition(piece: Segment, name: str) -> bool:
    """Whether a piece is the function or class of a name, or its header."""
    parsed = tree(piece) if piece.kind in (Kind.FUNCTION, Kind.CLASS) else None
    return parsed is not None and getattr(parsed.body[-1], "name", None) == name
