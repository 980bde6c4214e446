"""The examples of rule pages, tried: each expected report made at its place, no other, and the fix as shown."""

from __future__ import annotations

import ast
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ml_lsp.catalogue import Example, Rule
from ml_lsp.files import language_of
from ml_lsp.finding import Finding
from ml_lsp.ignores import silence
from ml_lsp.review import Document, Memory, Surroundings, review_now
from ml_lsp.rewriting import worked_out
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.module import module_of
from ml_lsp.semantics.notebook_code import Code
from ml_lsp.shelf import Shelf
from ml_lsp.suggestion import did_you_mean
from ml_lsp.syntax.notebook import join
from ml_lsp.syntax.segments import split
from ml_lsp.syntax.toml import parse_toml
from ml_lsp.text import Source, Span, apply

_EXPECT = re.compile(
    r"(?:#|//) (?P<todo>todo-)?expect: (?P<id>[\w/-]+)(?: `(?P<text>.{0,400}?)`(?=\s*(?:#|$|,)))?"
)
_NEARLY = re.compile(r"(?i)(?:#|//)\s{0,9}(?:todo-?)?\s?expect[\w-]{0,9}[: ]\s{0,9}[\w-]+/[\w-]+")
_IN_JSON = re.compile(r"[ \t]*// (?:todo-)?expect: [^\r\n]*")


class Expected(NamedTuple):
    """A line (0-based) that must be reported by a rule; `text`, if given, is exactly the reported range."""

    line: int
    rule: str
    text: str | None
    todo: bool


@dataclass(frozen=True)
class Failure:
    """What is wrong with an example: in its code at `span`, in its `fixed` (`in_fixed`), or as a whole.

    `before` and `after` are two texts that should be the same: what the page shows, and what a fix gives.
    """

    message: str
    example: Example | None = None
    span: Span | None = None
    in_fixed: bool = False
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Trial:
    """What came of a page: its rule with what its examples fail, or the `problem` for which it is none."""

    path: Path
    rule: Rule | None = None
    failures: tuple[Failure, ...] = ()
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong with the page and its examples."""
        return not self.failures and not self.problem


def expected(code: str) -> list[Expected]:
    """The expectations written as comments in a snippet."""
    found = []
    for number, line in enumerate(code.split("\n")):
        for match in _EXPECT.finditer(line):
            found.append(Expected(number, match["id"], match["text"], bool(match["todo"])))
    return found


def reviewed_text(example: Example) -> str:
    """The text of an example that is reviewed: JSON has no comments, so its expectations are taken out."""
    return _IN_JSON.sub("", example.code) if example.file.endswith(".json") else example.text


def findings(example: Example, rules: Sequence[Rule], memory: Memory | None = None) -> tuple[Finding, ...]:
    """What the rules report in an example, in the project that its other files make."""
    folder, surroundings = _around(example)
    document = _document(example, folder)
    found = review_now(document, rules, surroundings, memory)
    return silence(document.text, found, rules, document.language, cells=document.cells).kept


def _document(example: Example, folder: Path) -> Document:
    path = folder / example.file
    if example.cells:
        joined = join(example.cells, example.metadata)
        return Document(path, joined.text, cells=joined.boundaries, notebook=joined)
    return Document(path, reviewed_text(example), language_of(path))


def _around(example: Example) -> tuple[Path, Surroundings]:
    """The folder that an example stands in, and what is known of it; a project where it has other files."""
    versions = dict(example.requires)
    if not example.files:
        return Path(), Surroundings(versions)
    folder = Path(_written(tuple(example.files.items())).name)
    own = folder / example.file
    own.parent.mkdir(parents=True, exist_ok=True)
    own.touch()
    shelf = Shelf({own: Code(reviewed_text(example))})
    paths = [own, *(folder / name for name in example.files)]
    return folder, Surroundings(versions, shelf.project([folder], paths))


@cache
def _written(files: tuple[tuple[str, str], ...]) -> tempfile.TemporaryDirectory[str]:
    """A folder with these files, the same one each time; it goes when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="example-")
    for name, text in files:
        path = Path(folder.name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def parses(text: str, file: str) -> bool:
    """Whether a text is what its file's name says: Python, YAML, JSON or TOML."""
    import yaml

    try:
        match language_of(Path(file)):
            case "json":
                json.loads(text)
            case "toml":
                parse_toml(text)
            case "yaml":
                list(yaml.parse(text, yaml.SafeLoader))
            case _:
                ast.parse(text)
    except (SyntaxError, ValueError, yaml.YAMLError):
        return False
    return True


def failures(rule: Rule, known: Mapping[str, Rule], judges: Sequence[Rule] = ()) -> Iterator[Failure]:
    """What is wrong with the examples of a page. `known` are all rules that an example may name.

    An example is looked at by `judges`, or where there are none by the page's rule and those that it names:
    what they report must be expected.
    """
    for example in rule.examples:
        wrong = list(_unreadable(example, known))
        if wrong:
            yield from wrong
            continue
        named = {rule.id: rule, **{e.rule: known[e.rule] for e in expected(example.text)}}
        yield from example_failures(rule, example, judges or tuple(named.values()))
    if not any(e.rule == rule.id for example in rule.examples for e in expected(example.text)):
        yield Failure(f"no example shows a report: end its line with `# expect: {rule.id}`")


def _unreadable(example: Example, known: Iterable[str]) -> Iterator[Failure]:
    """Marks that are none, marks that name no rule, and Python that does not parse."""
    source = Source(example.text)
    for number in range(len(source.line_starts)):
        line, start = source.line_text(number), source.line_starts[number]
        near = _NEARLY.search(line)
        if near and not _EXPECT.search(line):
            yield Failure(
                "a mark is written `# expect: family/name`", example, Span(*near.span()).shift(start)
            )
        for mark in _EXPECT.finditer(line):
            if mark["id"] not in known:
                message = f"there is no rule `{mark['id']}`{did_you_mean(mark['id'], known)}"
                yield Failure(message, example, Span(*mark.span("id")).shift(start))
    if example.file.endswith(".py"):
        yield from _syntax_error(example, source)


def _syntax_error(example: Example, source: Source) -> Iterator[Failure]:
    try:
        ast.parse(example.code)
    except SyntaxError as error:
        line = min(max(1, error.lineno or 1), len(source.line_starts)) - 1
        yield Failure(f"the example is not Python: {error.msg}", example, source.line_span(line))
    except ValueError as error:  # a NUL
        yield Failure(f"the example is not Python: {error}", example)


def example_failures(rule: Rule, example: Example, judges: Sequence[Rule]) -> Iterator[Failure]:
    """What is wrong with an example of `rule`: a check of `judges` raises, or reports where nothing is expected."""
    memory = Memory()
    found = findings(example, judges, memory)
    wrong = [*_raised(example, judges, memory)] or [*_misplaced(rule, example, found)]
    yield from wrong or _wrong_fix(rule, example, found, judges)


def _raised(
    example: Example, judges: Sequence[Rule], memory: Memory, in_fixed: bool = False
) -> Iterator[Failure]:
    """The checks that raised an error in a review with this memory, which is of this example alone."""
    for rule_id, error in memory.rules(judges).errors().items():
        yield Failure(f"the check of `{rule_id}` raised {error}", example, in_fixed=in_fixed)


def _misplaced(rule: Rule, example: Example, found: Sequence[Finding]) -> Iterator[Failure]:
    text = reviewed_text(example)
    source = Source(text)
    stated = expected(example.text)
    waiting = [e for e in stated if not e.todo]
    for finding in found:
        line, said = source.line_of(finding.span.start), text[finding.span.start : finding.span.end]
        here = [e for e in waiting if (e.line, e.rule) == (line, finding.rule)]
        here.sort(key=lambda e: (e.text != said, e.text is not None))
        if here:
            waiting.remove(here[0])
            if here[0].text not in (None, said):
                message = f"`{said}` is reported by `{finding.rule}`, not `{here[0].text}`"
                yield Failure(message, example, finding.span)
        elif any(e.todo and (e.line, e.rule) == (line, finding.rule) for e in stated):
            yield Failure("a known miss is found now: write `expect:`", example, finding.span)
        else:
            mark = "//" if example.file.endswith(".json") else "#"
            message = f"`{finding.rule}` reports this; if it should, end the line with `{mark} expect: {finding.rule}`"
            yield Failure(message, example, finding.span)
    for e in waiting:
        why = _why_silent(rule, example, e.line) if e.rule == rule.id else ""
        yield Failure(f"`{e.rule}` reports nothing here{why}", example, _code_of(source, e))


def _code_of(source: Source, e: Expected) -> Span:
    """The text that should be reported: as stated, else the code of the line."""
    line, start = source.line_text(e.line), source.line_starts[e.line]
    code = _EXPECT.split(line, maxsplit=1)[0].rstrip()
    at = code.find(e.text) if e.text else -1
    if e.text and at >= 0:
        return Span(at, at + len(e.text)).shift(start)
    return Span(len(code) - len(code.lstrip()), len(code)).shift(start)


def _why_silent(rule: Rule, example: Example, line: int) -> str:
    """Which part of a pattern keeps its rule silent at a line of an example, where that can be told."""
    if rule.match is None:
        return ""
    call = rule.match["call"]
    any_call = replace(rule, libraries=(), match={"call": call})
    if not _reports(any_call, example, line):
        wanted = " or ".join(f"`{name}`" for name in ([call] if isinstance(call, str) else call))
        called = " and ".join(f"`{name}`" for name in _called(example, line))
        seen = (
            f"`match` is about {wanted}, the line calls {called}"
            if called
            else f"no call of {wanted} is seen"
        )
        return f": {seen}{'' if called else '; the example needs its import, as real code has it'}"
    if not _reports(replace(rule, libraries=()), example, line):
        return ": the call is seen, but its arguments are not those that `match` states"
    return f": the example imports none of the `libraries` ({', '.join(rule.libraries)})"


def _called(example: Example, line: int) -> list[str]:
    """The dotted names of the outside functions and classes that a line of an example calls."""
    pieces = split(reviewed_text(example))
    asked = Inquiry(module_of(pieces, Path(example.file))[0])
    scopes = [
        scope for piece in asked.pieces("everything") for scope in asked.piece_scope(piece).with_inner()
    ]
    source = Source(pieces.text)
    return [
        call.name
        for scope in scopes
        for call in scope.calls
        if call.name and source.line_of(pieces.starts[scope.piece] + call.callee_span.start) == line
    ]


def _reports(rule: Rule, example: Example, line: int) -> bool:
    source = Source(reviewed_text(example))
    return any(source.line_of(finding.span.start) == line for finding in findings(example, [rule]))


def _wrong_fix(
    rule: Rule, example: Example, found: Sequence[Finding], judges: Sequence[Rule]
) -> Iterator[Failure]:
    own = [finding for finding in found if finding.rule == rule.id]
    fixes = [finding.fix for finding in own if finding.fix is not None]
    if not fixes:
        if example.fixed is not None:
            yield Failure("`fixed` is shown, but no fix is offered", example, in_fixed=True)
        return
    before = reviewed_text(example)
    edits = [edit for fix in fixes for edit in worked_out(before, fix).edits]
    after = apply(before, dict.fromkeys(edits))
    if example.fixed is None:
        message = "a fix is offered: show what it gives with `fixed:`"
        yield Failure(message, example, before=before, after=after)
        return
    shown = replace(example, code=example.fixed, cells=())
    if after != reviewed_text(shown):
        message = "the fix gives another text than `fixed`"
        yield Failure(message, example, in_fixed=True, before=reviewed_text(shown), after=after)
    elif not parses(after, example.file) and parses(before, example.file):
        yield Failure("after the fix the code no longer parses", example, in_fixed=True)
    else:
        memory = Memory()
        again = [finding for finding in findings(shown, judges, memory) if finding.rule == rule.id]
        yield from _raised(example, judges, memory, in_fixed=True)
        if len(again) > len(own) - len(fixes):
            yield Failure(f"`{rule.id}` reports the fixed code again", example, in_fixed=True)
