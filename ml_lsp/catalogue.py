"""Rule pages: YAML to frozen values. A page says what a rule reports, why, and shows it in examples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_lsp.finding import Finding, Fix, Related, Rewrite, Severity, Tag, Tier
from ml_lsp.page_form import CatalogueError, check_page
from ml_lsp.text import Edit, Span

if TYPE_CHECKING:
    from ml_lsp.syntax.notebook import Cell

RULE_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*\Z")
PAGE_URL = "https://github.com/ml-lsp/ml-lsp/blob/main/docs/rules/{id}.md"

_HINTS = {
    "did not find expected alphabetic": "a text that starts with `*`, `&` or `!` stands in quotes",
    "mapping values": "a text that holds `: ` stands in quotes, and keys of one block stand one below the other",
    "did not find expected": "look whether this line and those above it are indented alike",
    "expected <block end>": "look whether this line and those above it are indented alike",
    "expected alphabetic": "a text that starts with `*`, `&` or `!` stands in quotes",
    "found unexpected end": "a quote or bracket is not closed",
    "found unknown escape": "in double quotes a backslash is written twice",
}
"""What to do about a problem of the YAML parser, by how it starts."""


@dataclass(frozen=True)
class FixText:
    """What a rule's remedy is called in a menu, and whether it may run on save."""

    title: str
    safe: bool


@dataclass(frozen=True)
class Example:
    """A snippet with its expected findings (`# expect: rule-id` on the reported line; `//` in JSON).

    `file` is its name, `files` are other files of its project by name, `requires` the versions of libraries
    there. `cells` are the cells of a notebook, instead of `code`, `metadata` what it says of itself.
    """

    name: str
    code: str
    fixed: str | None = None
    file: str = "example.py"
    files: Mapping[str, str] = field(default_factory=dict)
    requires: Mapping[str, str] = field(default_factory=dict)
    cells: tuple[Cell, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The code; of a notebook, its cells one below the other, each with a line end of its own."""
        return self.code or "".join(f"{cell.source}\n" for cell in self.cells)


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule, as its page states it.

    `libraries`: a file that imports none of these skips the rule. `calls`: for checks of calls, the dotted
    names (or `.method`) that are looked at. `words`: for other checks, identifiers of which the looked-at text
    must contain at least one. `mentions`: for checks of all calls, dotted names of which the file must hold the
    last part of at least one. `data`: lists that an ML engineer extends without opening Python.
    """

    id: str
    severity: Severity
    tier: Tier
    area: str
    title: str
    message: str
    why: str
    fix: FixText | None = None
    references: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    mentions: tuple[str, ...] = ()
    match: Mapping[str, Any] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()
    examples: tuple[Example, ...] = ()
    path: Path = Path()

    @property
    def family(self) -> str:
        """The part of the id before the slash: `torch`."""
        return self.id.partition("/")[0]

    @property
    def page_url(self) -> str:
        """Where the rule page can be read; a team's is a file of its project."""
        if self.path.is_absolute() and not self.path.is_relative_to(rules_folder()):
            return self.path.as_uri()
        return PAGE_URL.format(id=self.id)

    def finding(
        self,
        span: Span,
        *,
        edits: Iterable[Edit] = (),
        rewrites: Iterable[Rewrite] = (),
        title: str = "",
        safe: bool | None = None,
        related: Iterable[Related] = (),
        message: str = "",
        severity: Severity | None = None,
        counted_in: Path | None = None,
        **words: object,
    ) -> Finding:
        """A finding of this rule at `span`.

        `words` fill the page's message (or `message`, where a check has several) and fix title. `edits` and
        `rewrites` make it fixable; `safe=False` withdraws the page's promise for this one place. `counted_in`: see
        `Finding`.
        """
        fix = None
        edits, rewrites = tuple(edits), tuple(rewrites)
        if edits or rewrites:
            assert self.fix is not None, f"{self.id} has edits but its page states no fix"
            fix_title = (title or self.fix.title).format(**words)
            fix = Fix(fix_title, edits, self.fix.safe if safe is None else safe, rewrites)
        text = " ".join((message or self.message).format(**words).split())
        return Finding(
            self.id,
            severity or self.severity,
            self.tier,
            span,
            text,
            fix,
            tuple(related),
            self.tags,
            counted_in,
        )


def _freeze(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _freeze(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_freeze(item) for item in value)
    return value


def _example(raw: Mapping[str, Any]) -> Example:
    cells = tuple(_cell(cell) for cell in raw.get("cells", ()))
    return Example(
        name=raw["name"],
        code=raw.get("code", ""),
        fixed=raw.get("fixed"),
        file=raw.get("file", "example.ipynb" if cells else "example.py"),
        files=raw.get("files", {}),
        requires=raw.get("requires", {}),
        cells=cells,
        metadata=raw.get("metadata", {}),
    )


def _cell(raw: Any) -> Cell:
    """A cell of an example: its code, or a mapping of `code`, `count` (execution count) and `tags`."""
    from ml_lsp.syntax.notebook import Cell

    if isinstance(raw, str):
        return Cell(raw.rstrip("\n"))
    tags, count = tuple(raw.get("tags", ())), raw.get("count")
    return Cell(raw["code"].rstrip("\n"), tags=tags, execution_count=count)


def parse_rule(text: str, rule_id: str, path: Path) -> Rule:
    """The rule that a page states.

    Raises:
        CatalogueError: if the page is not YAML, or a key is missing, unknown or of the wrong kind.
    """
    return _rule(_parsed(text, path), rule_id, path)


def _parsed(text: str, path: Path) -> dict[str, Any]:
    """The mapping that a page is, its keys checked."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        raw: Any = loader.construct_document(node) if node else None
    except yaml.YAMLError as error:
        problem, mark = str(getattr(error, "problem", error)), getattr(error, "problem_mark", None)
        if mark is None:
            raise CatalogueError(f"{path}: not YAML: {problem}") from error
        line = "".join(text.splitlines()[mark.line : mark.line + 1])
        hint = _hint(problem, line[mark.column : mark.column + 1])
        raise CatalogueError(f"{path}:{mark.line + 1}: not YAML: {problem}{hint}") from error
    finally:
        loader.dispose()
    return check_page(raw, node, path)


def _hint(problem: str, character: str) -> str:
    """What to do about what the YAML parser says, where a certain character stands."""
    if character == "\t" or "tab character" in problem:
        return "; YAML indents with blanks, not with tabs"
    if problem.startswith("found character"):
        return f"; a text that starts with {character!r} stands in quotes"
    hint = next((hint for start, hint in _HINTS.items() if problem.startswith(start)), "")
    return f"; {hint}" if hint else ""


def _rule(raw: Mapping[str, Any], rule_id: str, path: Path) -> Rule:
    if not RULE_ID.match(rule_id):
        said = f"`{rule_id}` is not family/rule-name in small letters and hyphens"
        raise CatalogueError(f"{path}:1: {said}", said)
    fix = raw.get("fix")
    return Rule(
        id=rule_id,
        severity=Severity(raw["severity"]),
        tier=Tier(raw["tier"]),
        area=raw["area"],
        title=raw["title"],
        message=" ".join(raw["message"].split()),
        why=raw["why"],
        fix=FixText(fix["title"], bool(fix.get("safe", False))) if fix else None,
        references=tuple(raw.get("references", ())),
        libraries=tuple(raw.get("libraries", ())),
        calls=tuple(raw.get("calls", ())),
        words=frozenset(raw.get("words", ())),
        mentions=tuple(name for key in raw.get("mentions", ()) for name in raw["data"][key]),
        match=_freeze(raw.get("match")),
        data=_freeze(raw.get("data", {})),
        tags=tuple(Tag(tag) for tag in raw.get("tags", ())),
        examples=tuple(_example(item) for item in raw["examples"]),
        path=path,
    )


def rules_folder() -> Path:
    """The folder of the rules that ship: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def read_rules(folder: Path) -> Iterator[Rule]:
    """All rules of a folder, `<family>/<name>.yaml` each, in order of their ids.

    Raises:
        CatalogueError: if a page is wrong.
    """
    for rule_id, raw in _pages(folder).items():
        yield _rule(raw, rule_id, folder / f"{rule_id}.yaml")


def _pages(folder: Path) -> dict[str, dict[str, Any]]:
    """What the pages of a folder say, by rule id in order."""
    pages = {}
    for path in sorted(folder.glob("*/*.yaml")):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CatalogueError(f"{path}: cannot be read: {error}") from error
        pages[f"{path.parent.name}/{path.stem}"] = _parsed(text, path)
    return pages


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """The rules that ship with the package.

    Raises:
        CatalogueError: if a page is wrong.
    """
    from ml_lsp.page_cache import kept_pages

    folder = rules_folder()
    pages = kept_pages(folder, lambda: _pages(folder))
    return tuple(_rule(raw, rule_id, folder / f"{rule_id}.yaml") for rule_id, raw in pages.items())
