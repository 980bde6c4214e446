"""Results of reviews kept between runs, by content: what has not changed is not looked at again."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ml_lsp import __version__
from ml_lsp.catalogue import Rule, rules_folder
from ml_lsp.finding import Finding, Fix, Related, Rewrite, Severity, Tag, Tier
from ml_lsp.review import Document, Surroundings
from ml_lsp.text import Edit, Span
from ml_lsp.workspace import Workspace

log = logging.getLogger(__name__)

_DAY = 86_400  # seconds
_KEPT_DAYS = 30


def default_file() -> Path:
    """Where results are kept: in the user's cache folder."""
    from platformdirs import user_cache_path

    return user_cache_path("ml-lsp", appauthor=False) / "results-1.sqlite"


class Store:
    """Results by key, in one SQLite file that several processes may use at once.

    A store that cannot be used (a full disk, a file of something else) forgets everything and says nothing:
    the run is slower, its findings are the same.
    """

    def __init__(self, file: Path) -> None:
        self._connection: sqlite3.Connection | None = None
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _opened(file)
        except sqlite3.DatabaseError:
            with suppress(OSError):  # where it cannot even be removed, there is no store
                file.unlink()  # not a database, or torn: the next run makes a new one
        except OSError:
            return

    def get(self, key: bytes) -> str | None:
        """What was kept under a key."""
        if self._connection is None:
            return None
        try:
            row = self._connection.execute("SELECT value FROM results WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error:
            self._give_up()
            return None
        return row[0] if row else None

    def put(self, key: bytes, value: str) -> None:
        """Keep a value under a key from the next `save` on."""
        if self._connection is None:
            return
        try:
            row = (key, value, int(time.time()) // _DAY)
            self._connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", row)
        except sqlite3.Error:
            self._give_up()

    def save(self) -> None:
        """Write what was put."""
        if self._connection is None:
            return
        try:
            self._connection.commit()
        except sqlite3.Error:
            self._give_up()

    def close(self) -> None:
        """Write what was put, drop what is older than a month, and let go of the file."""
        if self._connection is None:
            return
        try:
            oldest = int(time.time()) // _DAY - _KEPT_DAYS
            self._connection.execute("DELETE FROM results WHERE day < ?", (oldest,))
            self._connection.commit()
        except sqlite3.Error:
            pass  # another process has it; the next run drops what is old
        self._give_up()

    def _give_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=2)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # what a power cut loses is worked out again
        connection.execute(
            "CREATE TABLE IF NOT EXISTS results"
            " (key BLOB PRIMARY KEY, value TEXT NOT NULL, day INTEGER NOT NULL)"
        )
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def engine_stamp() -> str:
    """What changes whenever this program does: its version, and the state of its files."""
    files = [*Path(__file__).parent.rglob("*.py"), *rules_folder().rglob("*.yaml")]
    states = sorted(
        (str(file), status.st_size, status.st_mtime_ns) for file in files for status in [file.stat()]
    )
    return _hash(__version__, *(str(state) for state in states)).hex()


def rules_stamp(rules: Sequence[Rule]) -> str:
    """What changes whenever one of the rules does: which run, how severe, and the text of a team's own."""
    said = ((rule.id, rule.severity, rule.match, rule.message, rule.fix, rule.libraries) for rule in rules)
    return _hash(*map(repr, said)).hex()


def key_of(document: Document, surroundings: Surroundings, *stamps: str) -> bytes:
    """The key of a document's results: all that they depend on."""
    known = json.dumps(dict(surroundings.versions), sort_keys=True)
    notebook = document.notebook
    cells = repr((document.cells, notebook and (notebook.cells, notebook.metadata)))
    return _hash(*stamps, known, str(document.path), document.language, cells, document.text)


def _hash(*parts: str) -> bytes:
    found = hashlib.blake2b(digest_size=20)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        found.update(len(raw).to_bytes(8, "little") + raw)
    return found.digest()


def to_json(
    findings: Sequence[Finding], files: Sequence[Path], asked_importers: bool, workspace: Workspace
) -> str:
    """Findings as text, with the state of the other files that they rest on."""
    rests = [[str(path) for path in files], workspace.state_of(files)] if files else None
    everything = workspace.all_state if asked_importers else None
    found = [_finding_values(finding) for finding in findings]
    return json.dumps([found, rests, everything], separators=(",", ":"))


def still_valid(text: str | None, workspace: Workspace) -> tuple[Finding, ...] | None:
    """The findings that `to_json` made a text of; None if it made none of it, or what they rest on changed."""
    if text is None:
        return None
    try:
        found, rests, everything = json.loads(text)
        if everything is not None and everything != workspace.all_state:
            return None
        if rests is not None and workspace.state_of(map(Path, rests[0])) != rests[1]:
            return None
        return tuple(_finding(values) for values in found)
    except (TypeError, KeyError, IndexError, ValueError):
        log.debug("a kept result is unreadable; made anew")
        return None


def _finding_values(finding: Finding) -> list[Any]:
    fix = finding.fix
    return [
        finding.rule,
        finding.severity.value,
        finding.tier.value,
        finding.span,
        finding.message,
        fix
        and [
            fix.title,
            fix.edits,
            fix.safe,
            fix.rewrites and [_rewrite_values(item) for item in fix.rewrites],
        ],
        [[item.span, item.message, item.path and str(item.path)] for item in finding.related],
        [tag.value for tag in finding.tags],
        finding.counted_in and str(finding.counted_in),
    ]


def _rewrite_values(rewrite: Rewrite) -> list[Any]:
    return [rewrite.verb, rewrite.span, rewrite.argument]


def _finding(values: list[Any]) -> Finding:
    rule, severity, tier, span, message, fix, related, tags, counted_in = values
    return Finding(
        rule,
        Severity(severity),
        Tier(tier),
        Span(*span),
        message,
        _fix(*fix) if fix else None,
        tuple(Related(Span(*span), text, Path(path) if path else None) for span, text, path in related),
        tuple(Tag(tag) for tag in tags),
        Path(counted_in) if counted_in else None,
    )


def _fix(title: str, edits: list[Any], safe: bool, rewrites: list[Any]) -> Fix:
    return Fix(
        title,
        tuple(Edit(Span(*span), new) for span, new in edits),
        safe,
        tuple(Rewrite(verb, Span(*span), argument) for verb, span, argument in rewrites),
    )
