"""Fixes applied to a text, again and again until nothing more is offered; the text never stops parsing."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from ml_lsp.finding import Finding
from ml_lsp.review import Document
from ml_lsp.syntax.magics import blank_magics
from ml_lsp.syntax.toml import parse_toml
from ml_lsp.text import Edit, OverlappingEdits, Source, Span, apply, in_one

MOST_ROUNDS = 20  # two rules that undo each other would go on for ever

Review = Callable[[Document], Sequence[Finding]]


@dataclass(frozen=True)
class Fixed:
    """What `fix_all` did.

    `edits`: what was changed of the document's text. `applied`: findings whose fix was made (spans in the
    text of its round). `remaining`: what a review of `text` still says. `refused`: those of `remaining` whose
    fix would leave text that does not parse.
    """

    text: str
    edits: tuple[Edit, ...]
    applied: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    refused: tuple[Finding, ...] = ()


def fix_all(document: Document, review_fn: Review, *, unsafe: bool = False) -> Fixed:
    """Apply the fixes that a review offers, round by round, until a review offers none.

    In a round, of fixes that want the same place the first wins; the others come again in the next round if
    they are still due. Only safe fixes, unless `unsafe`.
    """
    applied: list[Finding] = []
    edits: tuple[Edit, ...] = ()
    refused: tuple[Finding, ...] = ()
    findings = tuple(review_fn(_as_python(document)))
    seen = {document.text}
    for _ in range(MOST_ROUNDS):
        made, text, refused = _one_round(document, list(_fixable(document, findings, unsafe)))
        if not made or text in seen:  # nothing to do, or fixes that undo each other
            break
        seen.add(text)
        applied += made
        now = [edit for finding in made for edit in _edits(finding)]
        edits = in_one(edits, now)
        document = with_text(document, text, now)
        findings = tuple(review_fn(_as_python(document)))
    else:
        refused = ()
    return Fixed(document.text, edits, tuple(applied), findings, refused)


def _in_common(one: str, other: str) -> int:
    """How many characters two texts start with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def with_text(document: Document, text: str, edits: Iterable[Edit]) -> Document:
    """The document after `edits` have made `text` of it, its cells moved along."""
    changes = sorted(edits)

    def moved(at: int) -> int:
        # An insertion exactly where a cell starts belongs to that cell.
        return at + sum(len(new) - (end - start) for (start, end), new in changes if end <= at and start < at)

    notebook = document.notebook.with_text(text, moved) if document.notebook else None
    return replace(document, text=text, cells=tuple(map(moved, document.cells)), notebook=notebook)


def _as_python(document: Document) -> Document:
    """The document as it is reviewed: what a fix wrote for IPython is hidden from Python."""
    return replace(document, text=blank_magics(document.text)) if document.cells else document


def difference(old: str, new: str) -> Iterator[Edit]:
    """Edits that make `new` of `old`, line by line, each as small as its ends allow."""
    before, after = Source(old), Source(new)
    lines, changed = lines_of(before), lines_of(after)
    for kind, a, b, c, d in SequenceMatcher(None, lines, changed).get_opcodes():
        if kind != "equal":
            yield _trimmed(before.line_span(a).start, "".join(lines[a:b]), "".join(changed[c:d]))


def lines_of(source: Source) -> list[str]:
    """The lines of a text, each with its line end."""
    lines = [source.text[slice(*source.line_span(line))] for line in range(len(source.line_starts))]
    return lines if lines[-1] else lines[:-1]


def _trimmed(start: int, old: str, new: str) -> Edit:
    """Replace `old` at `start` by `new`, leaving alone what they have in common at both ends."""
    head = _in_common(old, new)
    tail = _in_common(old[head:][::-1], new[head:][::-1])
    return Edit(Span(start + head, start + len(old) - tail), new[head : len(new) - tail])


def _edits(finding: Finding) -> tuple[Edit, ...]:
    return finding.fix.edits if finding.fix else ()


def _fixable(document: Document, findings: Sequence[Finding], unsafe: bool) -> Iterator[Finding]:
    """The findings that may be fixed, with the structural changes of their fixes made edits."""
    for finding in findings:
        fix = finding.fix
        if fix is None or not (unsafe or fix.safe):
            continue
        if fix.rewrites:
            from ml_lsp.rewriting import CannotRewrite, worked_out

            try:
                fix = worked_out(document.text, fix, document.cells)
            except CannotRewrite:  # the finding stays, and says that it can be fixed by hand
                continue
        if document.notebook is not None and document.notebook.edits_by_cell(fix.edits) is None:
            continue  # no cell can take it
        yield replace(finding, fix=fix)


def _one_round(
    document: Document, findings: Sequence[Finding]
) -> tuple[list[Finding], str, tuple[Finding, ...]]:
    """The findings fixed together, the text after it, and those refused because the text would not parse."""
    chosen = _apart(document.text, findings)
    text = _applied(document.text, chosen)
    if not _breaks(document, chosen):
        return chosen, text, ()
    good: list[Finding] = []
    refused: list[Finding] = []
    for finding in chosen:
        (refused if _breaks(document, [*good, finding]) else good).append(finding)
    return good, _applied(document.text, good), tuple(refused)


def _breaks(document: Document, findings: Sequence[Finding]) -> bool:
    """Whether the fixes of these findings leave something that parsed before and does not after."""
    text = _applied(document.text, findings)
    after = with_text(document, text, [edit for finding in findings for edit in _edits(finding)])
    return not _broken(after) <= _broken(document)


def _broken(document: Document) -> set[int]:
    """What does not parse: the cells of a notebook by number, of any other document the whole of it, 0."""
    pieces = [document]
    if document.cells:
        ends = (*document.cells[1:], len(document.text))
        texts = [document.text[start:end] for start, end in zip(document.cells, ends, strict=True)]
        pieces = [replace(document, text=text) for text in texts]
    return {number for number, piece in enumerate(pieces) if not _parses(piece)}


def _applied(text: str, findings: Sequence[Finding]) -> str:
    return apply(text, [edit for finding in findings for edit in _edits(finding)])


def _apart(text: str, findings: Sequence[Finding]) -> list[Finding]:
    """The findings whose fixes do not want the same characters, first come first served.

    Edits that only touch also count as in conflict: two insertions at one place (the same import, twice) are
    rarely meant together.
    """
    chosen: list[Finding] = []
    taken: list[Span] = []
    for finding in findings:
        spans = [edit.span for edit in _edits(finding)]
        if any(span.touches(other) for span in spans for other in taken):
            continue
        if _applies(text, finding):
            chosen.append(finding)
            taken += spans
    return chosen


def _applies(text: str, finding: Finding) -> bool:
    """Whether a fix is sound in itself and changes something."""
    try:
        return _applied(text, [finding]) != text
    except OverlappingEdits:
        return False


def _parses(document: Document) -> bool:
    if document.language == "yaml":
        return _parses_as_yaml(document.text)
    try:
        if document.language == "json":
            json.loads(document.text)
        elif document.language == "toml":
            parse_toml(document.text)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the reviewed text, as an invalid escape
                ast.parse(_as_python(document).text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _parses_as_yaml(text: str) -> bool:
    import yaml

    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.YAMLError:
        return False
    return True
