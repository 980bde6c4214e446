"""Global random generators: which calls seed them, which draw from them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ml_lsp.semantics.body import Body, ModuleView
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.library import LOADER
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import written_name
from ml_lsp.semantics.values import Ref

# Functions of a generator's module that neither draw nor seed.
_NEITHER = frozenset(
    {"getstate", "setstate", "get_state", "set_state", "get_global_generator", "get_rng_state"}
)
_SETTING_BACK = frozenset({"setstate", "set_state", "set_rng_state", "set_rng_state_all", "fork_rng"})
# The most statements of a module from one call that seeds to the next of the same block.
_CLOSE = 3
_SEEDING_NAME = re.compile(r"(?:^|_)seeds?(?:_|\d|$)|(?:^|_)(?:reproducib|determinis)", re.IGNORECASE)


@dataclass(frozen=True)
class Generators:
    """What is known of global generators, by dotted names. Each generator goes by its library's name.

    `seeders`: what seeds one. `complete`: what seeds several. `draws`: what draws from one, where a module
    stands for all its functions. `own`: classes and functions that make a generator of their own.
    """

    seeders: Mapping[str, str]
    complete: Mapping[str, tuple[str, ...]]
    draws: Mapping[str, str]
    own: frozenset[str] = field(default_factory=frozenset)

    @staticmethod
    def of(data: Mapping[str, Any]) -> Generators:
        """From the lists of a rule's page."""
        return Generators(data["seeders"], data["complete"], data["draws"], frozenset(data["own_generators"]))

    def seeded_by(self, call: Call) -> tuple[str, ...]:
        """The generators that a call seeds."""
        name = call.name or ""
        return (self.seeders[name],) if name in self.seeders else self.complete.get(name, ())

    def drawn_by(self, call: Call) -> str | None:
        """The generator that a call draws from."""
        name = call.name
        if name is None or name in self.own or name in self.seeders or name.rpartition(".")[2] in _NEITHER:
            return None
        if name == LOADER:
            shuffles = call.constant(2, "shuffle") is True
            return "torch" if shuffles and call.lacks(None, "generator") else None
        found = self.draws.get(name) or self.draws.get(name.rpartition(".")[0])
        return found if found is not None and call.lacks(None, "generator") else None


@dataclass(frozen=True, eq=False)
class Seeding:
    """Several calls that seed generators, in one function or at the module's top level."""

    body: Body
    calls: tuple[Call, ...]

    @property
    def function(self) -> Scope | None:
        """The function that seeds; None for the top level."""
        return self.body.scope if self.body.is_function else None


def seedings(view: ModuleView, known: Generators) -> Iterator[Seeding]:
    """The functions, and the blocks at the top level, that call two or more different seeders."""
    words = {name.rpartition(".")[2] for name in known.seeders}
    scopes = scopes_mentioning(view.inquiry, *words)
    bodies = [Body((scope,)) for scope in scopes if scope.is_function]
    for body in [*bodies, *([view.top_level] if view.top_level else [])]:
        if any(map(_sets_back, (*body.calls, *_calls_on_exit(body)))):
            continue  # seeded for a while, whatever draws elsewhere
        for calls in _blocks([call for call in body.calls if call.name in known.seeders]):
            if len({call.name for call in calls}) > 1:
                yield Seeding(body, tuple(calls))


def _calls_on_exit(body: Body) -> Iterator[Call]:
    """What a context does when it ends, where the body is how it begins."""
    owner = body.scope.owner if body.scope.name == "__enter__" else None
    ending = owner.methods.get("__exit__") if owner is not None else None
    yield from ending.calls if ending is not None else ()


def _sets_back(call: Call) -> bool:
    """Whether a call puts a generator into a state it has been in, or keeps it apart: `torch.random.fork_rng`."""
    return written_name(call.node.func) in _SETTING_BACK


def _blocks(calls: list[Call]) -> Iterator[list[Call]]:
    """Calls that stand together: in one function, or in statements of the top level that are close."""
    block: list[Call] = []
    for call in calls:
        if block and call.scope.piece - block[-1].scope.piece > _CLOSE:
            yield block
            block = []
        block.append(call)
    yield block


def concerned(inquiry: Inquiry, seeding: Seeding) -> tuple[Inquiry, ...]:
    """The modules for which a seeding speaks: its own, and those that import it and call its function."""
    name = seeding.function.name if seeding.function is not None else ""
    importers = inquiry.importers() if name else []
    return (inquiry, *(other for other in importers if other.mentions(name)))


def seeded(modules: Iterable[Inquiry], known: Generators) -> frozenset[str] | None:
    """The generators that modules seed anywhere; None if they run a seeding function out of sight."""
    found: set[str] = set()
    for call in _calls(modules):
        seeds = known.seeded_by(call)
        found.update(seeds)
        if not seeds and _may_seed(call):
            return None
    return frozenset(found)


def drawn(modules: Iterable[Inquiry], known: Generators) -> dict[str, Call]:
    """The generators that modules draw from, with a call each."""
    found: dict[str, Call] = {}
    for call in _calls(modules):
        generator = known.drawn_by(call)
        if generator is not None and not _is_seed(call) and not _is_part_of_text(call):
            found.setdefault(generator, call)
    return found


def _is_seed(call: Call) -> bool:
    """Whether what is drawn becomes a seed: it differs from run to run because nobody gave one."""
    statement = call.scope.statement_of(call.node)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(_SEEDING_NAME.search(written_name(target)) for target in targets)


def _is_part_of_text(call: Call) -> bool:
    """Whether what is drawn is written into a text, which makes the name of a file unique."""
    statement = call.scope.statement_of(call.node)
    texts = (
        [node for node in ast.walk(statement) if isinstance(node, ast.JoinedStr)]
        if statement is not None
        else []
    )
    return any(part is call.node for text in texts for part in ast.walk(text))


def _may_seed(call: Call) -> bool:
    """Whether a call runs a function of another file whose name says that it seeds."""
    return isinstance(call.callee, Ref) and bool(_SEEDING_NAME.search((call.name or "").rpartition(".")[2]))


def _calls(modules: Iterable[Inquiry]) -> Iterator[Call]:
    for inquiry in modules:
        for scope in ModuleView(inquiry).scopes():
            yield from scope.calls
