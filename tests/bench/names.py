"""How many call sites are resolved, tier by tier: `python -m tests.bench.names [--python PROGRAM] FOLDER...`.

A call is resolved if what it calls is known as a public dotted name (`torch.nn.Linear.train`) or as a definition
of the project. Calls of plain built-in functions (`len(x)`) say nothing and are left out.

- imports: the name is that of an import, or an attribute of one
- flow: names are followed through assignments, parameters, methods and classes of the same file
- project: and into the other files of the folder
- jedi: and outside names are looked up in the packages of `--python`, which is read and not run

Times are CPU seconds of this process, each tier by itself; of jedi, also the wall-clock seconds of its worker without
a cache. What is known of a tier's names is never taken to be complete: an unresolved call costs silence, no more.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ml_lsp.oracle.client import ask_now
from ml_lsp.oracle.interpreter import choose
from ml_lsp.oracle.process import Place
from ml_lsp.oracle.question import Question
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.module import Module
from ml_lsp.semantics.outside import Known, Outside
from ml_lsp.semantics.project import Project
from ml_lsp.semantics.questions import NOTHING
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.types import class_of, own_class_of
from ml_lsp.semantics.values import Attr, Global, Local, Ref, Value, options
from ml_lsp.syntax.trees import tree
from ml_lsp.workspace import Workspace

TIERS = ("imports", "flow", "project", "jedi")
ROUNDS = 3  # an answer of jedi can lead to further names


@dataclass
class Counts:
    """Call sites of a folder: all, and those resolved, with the seconds that it took, by tier."""

    calls: int = 0
    resolved: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TIERS, 0))
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys((*TIERS, "worker"), 0.0))

    @contextmanager
    def timed(self, tier: str) -> Iterator[None]:
        """Count the CPU time of what is done inside to a tier."""
        started = time.process_time()
        yield
        self.seconds[tier] += time.process_time() - started

    def add(self, other: Counts) -> None:
        """Take in the counts of another folder."""
        self.calls += other.calls
        for tier in self.resolved:
            self.resolved[tier] += other.resolved[tier]
        for tier in self.seconds:
            self.seconds[tier] += other.seconds[tier]


def main() -> int:
    """Measure the folders of the command line, one row each, and all together."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.names", description=__doc__)
    parser.add_argument("--python", help="the interpreter whose packages jedi reads (default: this one)")
    parser.add_argument("folders", nargs="+", type=Path)
    asked = parser.parse_args()
    print(f"{'':<28}{'calls':>8}" + "".join(f"{tier:>17}" for tier in TIERS) + f"{'jedi worker':>13}")
    total = Counts()
    for folder in asked.folders:
        counts = measure(folder.resolve(), asked.python)
        print(row(folder.name, counts), flush=True)
        total.add(counts)
    print(row("all", total))
    return 0


def row(name: str, counts: Counts) -> str:
    """The share of resolved calls and the seconds of each tier."""
    shares = (
        f"{counts.resolved[tier] / max(counts.calls, 1):>9.1%}{counts.seconds[tier]:>6.2f} s"
        for tier in TIERS
    )
    return f"{name[-27:]:<28}{counts.calls:>8,}" + "".join(shares) + f"{counts.seconds['worker']:>11.1f} s"


def measure(folder: Path, python: str | None) -> Counts:
    """Resolve all calls of the Python files of a folder, tier by tier."""
    counts, workspace = Counts(), Workspace(folder)
    project = workspace.project
    with counts.timed("imports"):
        read = (project.module_at(file) for file in project.files or ())
        modules = [module for module in read if module is not None]
        calls = [(module, list(calls_of(module))) for module in modules]
        counts.resolved["imports"] = sum(
            is_imported(node, module, project) for module, nodes in calls for node in nodes
        )
    counts.calls = sum(len(nodes) for _, nodes in calls)
    with counts.timed("flow"):
        counts.resolved["flow"] = count(map(Inquiry, modules), project)
    with counts.timed("project"):
        known = [Inquiry(module, project=project) for module in modules]
        counts.resolved["project"] = count(known, project)
    place = packages(folder, python)
    outside: Known = NOTHING
    for _ in range(ROUNDS):
        started = time.perf_counter()
        outside = {**outside, **look_up(known, outside, place)}
        counts.seconds["worker"] += time.perf_counter() - started
        with counts.timed("jedi"):
            known = [Inquiry(module, project=project, outside=outside) for module in modules]
            counts.resolved["jedi"] = count(known, project)
    return counts


def packages(folder: Path, python: str | None) -> Place:
    """What jedi reads: the packages of an interpreter."""
    chosen = choose(folder, setting=python).interpreter
    return Place((), chosen.site_packages, chosen.version)


def look_up(inquiries: Iterable[Inquiry], known: Known, place: Place) -> Known:
    """What jedi says about the outside names that were asked about and are not `known`."""
    asked = {question[1] for inquiry in inquiries for question in inquiry.asked if question[0] == "outside"}
    questions = [Question(name) for name in sorted(asked - known.keys())]
    with tempfile.TemporaryDirectory() as no_cache:
        answers = ask_now(questions, place, Path(no_cache)) if questions else {}
    return {
        question.name: Outside(answer.kind, answer.bases, answer.returns, answer.types)
        for question, answer in answers.items()
        if answer.kind != "unknown"
    }


def calls_of(module: Module) -> Iterator[ast.Call]:
    """The calls of a module that count."""
    for piece in module.pieces:
        parsed = tree(piece)
        for node in (node for part in parsed.body for node in ast.walk(part)) if parsed else ():
            if isinstance(node, ast.Call) and not is_plain_builtin(node, module):
                yield node


def is_plain_builtin(node: ast.Call, module: Module) -> bool:
    """Whether a call is of a built-in function by its plain name."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    return hasattr(builtins, name) and name not in module.tables.imports and name not in module.tables.defines


def is_imported(node: ast.Call, module: Module, project: Project) -> bool:
    """Whether what is called is an import of an outside module at the top level, or an attribute of one."""
    func, attributes = node.func, list[str]()
    while isinstance(func, ast.Attribute):
        attributes.insert(0, func.attr)
        func = func.value
    imported = module.tables.imports.get(func.id) if isinstance(func, ast.Name) else None
    return imported is not None and is_outside(".".join([imported, *attributes]), module.path, project)


def is_outside(name: str, path: Path, project: Project) -> bool:
    """Whether a dotted name, as a file spells it, is of a library and not of the project."""
    return "." in name.strip(".") and not name.startswith(".") and project.find(name, path) is None


def count(inquiries: Iterable[Inquiry], project: Project) -> int:
    """How many calls of modules are resolved."""
    return sum(
        all(is_known(call.scope, value, project) for value in options(call.callee))
        for inquiry in inquiries
        for piece in range(len(inquiry.module.pieces))
        if tree(inquiry.module.pieces[piece]) is not None
        for scope in inquiry.piece_scope(piece).with_inner()
        for call in scope.calls
        if not is_plain_builtin(call.node, inquiry.module)
    )


def is_known(scope: Scope, callee: Value, project: Project) -> bool:
    """Whether what is called has a public dotted name, or is defined in the project."""
    path = scope.inquiry.module.path
    match callee:
        case Ref(name):
            return is_outside(name, path, project)
        case Global() | Local():
            return True
        case Attr(owner, _) if isinstance(of := class_of(scope, owner), Ref):
            return is_outside(of.name, path, project)
    return target(scope, callee) is not None or is_known_instance(scope, callee, project)


def is_known_instance(scope: Scope, callee: Value, project: Project) -> bool:
    """Whether an instance of a known class is called, or a method that its class has from a known outside one."""
    of = class_of(scope, callee)
    if isinstance(of, Ref):
        return is_outside(of.name, scope.inquiry.module.path, project)
    own = own_class_of(scope, callee.owner) if isinstance(callee, Attr) else None
    if own is None or not isinstance(callee, Attr) or own.assignments(callee.name):
        return False
    return bool(own.ancestors) and not own.has_unknown_base


if __name__ == "__main__":
    sys.exit(main())
