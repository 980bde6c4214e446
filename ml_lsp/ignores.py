"""Ignore comments: `# ml-lsp: ignore[rule, rule] -- why` on a line, `# ml-lsp: ignore-file[...]` on top."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from ml_lsp.catalogue import Rule
from ml_lsp.comments import (
    Comment,
    comments,
    first_content,
    line_end,
    line_start,
    logical_end,
    next_code,
    statement_start,
    takes_comment,
)
from ml_lsp.finding import Finding
from ml_lsp.syntax.config import parse_yaml
from ml_lsp.syntax.config_tree import ConfigError
from ml_lsp.syntax.segments import Segment, split
from ml_lsp.syntax.toml import parse_toml
from ml_lsp.syntax.trees import tree
from ml_lsp.text import Edit, Source, Span, apply

UNUSED_IGNORE = "ml-lsp/unused-ignore"
_MARK = "ml-lsp:"
_DIRECTIVE = re.compile(
    r"(?:^|(?<=\s))#[ \t]*ml-lsp:[ \t]*(?P<word>ignore-file|ignore)(?![\w-])"
    r"[ \t]*(?P<list>\[(?P<names>[^\]#]*)\])?(?P<reason>[ \t]*--[^#]*)?"
)


class _Name(NamedTuple):
    """A rule id or family in an ignore's list, and where it stands."""

    word: str
    span: Span

    def names(self, rule: str) -> bool:
        return self.word in (rule, rule.partition("/")[0])


class Ignore(NamedTuple):
    """One ignore comment. `names` empty: every rule. `covers`: the offsets at which findings are silenced."""

    span: Span
    names: tuple[_Name, ...]
    covers: Span
    whole_file: bool

    def silences(self, finding: Finding) -> bool:
        """Whether the comment means this finding."""
        named = not self.names or any(name.names(finding.rule) for name in self.names)
        return named and self.covers.start <= finding.span.start <= self.covers.end

    def shift(self, by: int) -> Ignore:
        """The same comment in a text that starts `by` code points earlier."""
        names = tuple(_Name(word, span.shift(by)) for word, span in self.names)
        return Ignore(self.span.shift(by), names, self.covers.shift(by), self.whole_file)


class Silenced(NamedTuple):
    """What ignore comments leave of a review: the findings that stand, and those they silence."""

    kept: tuple[Finding, ...]
    silenced: tuple[Finding, ...]


def silence(
    text: str,
    findings: Sequence[Finding],
    rules: Iterable[Rule] = (),
    language: str = "python",
    segments: Sequence[Segment] = (),
    cells: Sequence[int] = (),
) -> Silenced:
    """Part the findings of a text into those that stand and those its ignore comments silence.

    `rules` are those that ran. If `ml-lsp/unused-ignore` is one of them, the findings that stand include
    its reports of ignores that name one of these rules (or none at all) and silence nothing; unless some of the
    text does not parse, which may hide what an ignore is there for. `segments` are those of a Python text where
    they are known: what is found in one is remembered by its content. `cells` are the offsets at which the cells
    of a notebook start: a comment at the end of one does not mean the statement that the next begins with.
    """
    if _MARK not in text or language == "json":
        return Silenced(tuple(findings), ())
    ignores = _in_pieces(text, [segment.text for segment in segments] or [text], language, cells)
    kept = tuple(item for item in findings if not any(ignore.silences(item) for ignore in ignores))
    silenced = tuple(item for item in findings if any(ignore.silences(item) for ignore in ignores))
    ran = {rule.id: rule for rule in rules}
    if UNUSED_IGNORE in ran:
        unused = [
            item for ignore in ignores for item in _unused(ignore, silenced, ran, ran[UNUSED_IGNORE], text)
        ]
        if unused and _parses(text, language, segments):
            kept = tuple(sorted((*kept, *unused), key=lambda finding: finding.span))
    return Silenced(kept, silenced)


def _parses(text: str, language: str, segments: Sequence[Segment]) -> bool:
    """Whether all of a text can be read."""
    if language == "python":
        return all(tree(segment) is not None for segment in segments or split(text).segments)
    try:
        parse_toml(text) if language == "toml" else parse_yaml(text)
    except ConfigError:
        return False
    return True


def _in_pieces(text: str, pieces: Sequence[str], language: str, cells: Sequence[int]) -> list[Ignore]:
    top = first_content(text, language)
    found: list[Ignore] = []
    at = 0
    for piece in pieces:
        if _MARK in piece:
            for comment in _marked_comments(piece, language):
                found += _directives(comment.shift(at), text, top, language, cells)
        at += len(piece)
    return found


@lru_cache(maxsize=4096)
def _marked_comments(piece: str, language: str) -> tuple[Comment, ...]:
    return tuple(
        item for item in comments(piece, language) if _MARK in piece[item.span.start : item.span.end]
    )


def _directives(
    comment: Comment, text: str, top: int, language: str, cells: Sequence[int]
) -> Iterator[Ignore]:
    start, end = comment.span
    for found in _DIRECTIVE.finditer(text[start:end]):
        span = Span(*found.span()).shift(start)
        whole_file = found["word"] == "ignore-file"
        if whole_file:
            covers = Span(0, len(text)) if start < top else Span(-1, -1)
        else:
            covers = _meant(comment, text, language, cells)
        yield Ignore(span, _names(found, start), covers, whole_file)


def _meant(comment: Comment, text: str, language: str, cells: Sequence[int]) -> Span:
    """The line of a comment, with the statement below it in the same cell where nothing else stands there."""
    start, end = comment.span
    code = next_code(text, end)
    goes_on = comment.alone and bisect_right(cells, code) == bisect_right(cells, start)
    return Span(line_start(text, start), logical_end(text, code, language) if goes_on else end)


def _names(found: re.Match[str], start: int) -> tuple[_Name, ...]:
    if found["list"] is None:
        return ()
    at = start + found.start("names")
    words = re.finditer(r"[^\s,]+", found["names"])
    # An empty list silences nothing; a name that no rule has says so.
    return tuple(_Name(word.group(), Span(*word.span()).shift(at)) for word in words) or (
        _Name("", Span(at, at)),
    )


def _unused(
    ignore: Ignore, silenced: Sequence[Finding], ran: Collection[str], rule: Rule, text: str
) -> Iterator[Finding]:
    """Reports of what an ignore comment names in vain."""
    hit = [finding for finding in silenced if ignore.silences(finding)]
    if ignore.whole_file and ignore.covers.start < 0:
        message = "`ignore-file` works only above the first statement; here it silences nothing."
        yield rule.finding(ignore.span, edits=(_removal(ignore, text),), message=message)
    elif not ignore.names:
        if not hit:
            message = "Nothing to ignore: no rule reports here."
            yield rule.finding(ignore.span, edits=(_removal(ignore, text),), message=message)
    else:
        vain = [
            name
            for name in ignore.names
            if name.word != UNUSED_IGNORE
            and any(name.names(id) for id in ran)
            and not any(name.names(finding.rule) for finding in hit)
        ]
        if len(vain) == len(ignore.names):
            words = ", ".join(f"`{name.word}`" for name in vain)
            yield rule.finding(ignore.span, edits=(_removal(ignore, text),), names=words)
        else:
            for name in vain:
                edits = (Edit(_with_comma(name.span, text), ""),)
                yield rule.finding(name.span, edits=edits, names=f"`{name.word}`")


def _with_comma(span: Span, text: str) -> Span:
    """A name in a list with the comma that goes with it."""
    after = re.compile(r"\s*,\s*").match(text, span.end)
    if after:
        return Span(span.start, after.end())
    before = re.compile(r"\s*,\s*\Z").search(text, line_start(text, span.start), span.start)
    return Span(before.start() if before else span.start, span.end)


def _removal(ignore: Ignore, text: str) -> Edit:
    """Takes out a whole ignore comment: with its line where nothing else stands there, else with the blanks
    before it."""
    start = line_start(text, ignore.span.start)
    before = text[start : ignore.span.start]
    after = re.compile(r"[ \t]*(\r\n|\n|\r|\Z)").match(text, ignore.span.end)
    if after and not before.strip():
        return Edit(Span(start, after.end()), "")
    if after:
        return Edit(Span(start + len(before.rstrip()), after.start(1)), "")
    return Edit(Span(ignore.span.start, re.compile(r"[ \t]*").match(text, ignore.span.end).end()), "")  # type: ignore[union-attr]


def ignore_edit(
    text: str, finding: Finding, language: str = "python", cells: Sequence[int] = ()
) -> Edit | None:
    """The edit that silences a finding where it stands; None where the language has no comments.

    Adds the rule to an ignore comment that covers the place already, else writes one at the end of the
    finding's line, or above its statement where the line ends in a string or a backslash. `cells` are the
    offsets at which the cells of a notebook start.
    """
    if language == "json":
        return None
    for ignore in _in_pieces(text, (text,), language, cells):
        inside = ignore.covers.start <= finding.span.start <= ignore.covers.end
        if inside and ignore.names and not ignore.whole_file:
            return _addition(ignore, finding.rule)
    behind = _behind_line(text, finding)
    if language in ("yaml", "toml"):
        says = _toml_values if language == "toml" else _yaml_events
        above = _above(text, line_start(text, finding.span.start), finding)
        return next((edit for edit in (behind, above) if _same(says, text, edit)), None)
    if takes_comment(text, line_end(text, finding.span.start)):
        return behind
    return _above(text, statement_start(text, finding.span.start), finding)


def ignore_edit_above(text: str, finding: Finding) -> Edit:
    """The edit that silences a finding from the line above it, for a line of a notebook that takes no comment of
    Python's because it is IPython's."""
    start = line_start(text, finding.span.start)
    indent = text[start : finding.span.start]
    comment = f"# ml-lsp: ignore[{finding.rule}]{Source(text).newline}"
    return Edit(Span(start, start), (indent if indent.isspace() else "") + comment)


def ignore_file_edit(text: str, finding: Finding, language: str = "python") -> Edit | None:
    """The edit that silences a finding's rule in the whole file; None where the language has no comments."""
    if language == "json":
        return None
    for ignore in _in_pieces(text, (text,), language, ()):
        if ignore.whole_file and ignore.names and ignore.covers.start == 0:
            return _addition(ignore, finding.rule)
    at = _HEAD.match(text).end()  # type: ignore[union-attr]  # every part is optional
    before = Source(text).newline if at and text[at - 1] not in "\r\n\ufeff" else ""
    return Edit(Span(at, at), f"{before}# ml-lsp: ignore-file[{finding.rule}]{Source(text).newline}")


# What must stay on top: a byte order mark, an interpreter line, a coding comment (PEP 263).
_HEAD = re.compile(
    r"\ufeff?(?:#![^\r\n]*(?:\r\n|\n|\r|\Z))?(?:[ \t\f]*#[^\r\n]*?coding[:=][^\r\n]*(?:\r\n|\n|\r|\Z))?"
)


def _addition(ignore: Ignore, rule: str) -> Edit:
    end = ignore.names[-1].span.end
    return Edit(Span(end, end), f", {rule}" if ignore.names[-1].word else rule)


def _behind_line(text: str, finding: Finding) -> Edit:
    start, end = line_start(text, finding.span.start), line_end(text, finding.span.start)
    stop = start + len(text[start:end].rstrip())
    gap = "  " if stop > start else ""
    return Edit(Span(stop, end), f"{gap}# ml-lsp: ignore[{finding.rule}]")


def _above(text: str, start: int, finding: Finding) -> Edit:
    line = text[start : line_end(text, start)]
    indent = line[: len(line) - len(line.lstrip())]
    return Edit(Span(start, start), f"{indent}# ml-lsp: ignore[{finding.rule}]{Source(text).newline}")


def _same(says: Callable[[str], object], text: str, edit: Edit) -> bool:
    """Whether an edit leaves what a text says as it is (a comment inside a scalar would change it)."""
    before = says(text)
    return before is None or before == says(apply(text, (edit,)))


def _yaml_events(text: str) -> list[str] | None:
    import yaml

    try:
        return [str(event) for event in yaml.parse(text, Loader=yaml.SafeLoader)]
    except yaml.YAMLError:
        return None


def _toml_values(text: str) -> list[tuple[object, str]] | None:
    try:
        return [(path, node.raw) for path, node in parse_toml(text).walk()]
    except ConfigError:
        return None
