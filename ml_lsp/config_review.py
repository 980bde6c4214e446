"""The review of a YAML, JSON or TOML document: looked at whole, unless nothing is new."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml_lsp.finding import Finding
from ml_lsp.placement import in_order, standing
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.units import SLICE_SECONDS, config_findings

if TYPE_CHECKING:
    from ml_lsp.registry import RuleSet
    from ml_lsp.review import Document, Surroundings
    from ml_lsp.semantics.outside import Known, Outside
    from ml_lsp.semantics.project import Project


@dataclass(frozen=True, eq=False)
class ReviewedConfig:
    """A finished review of one version of a document, and what it was made from.

    `told`: what was known of the outside names that were asked about. `of_readable`: what was found in the last version
    that could be read, as far as it still stands.
    """

    known: tuple[RuleSet, str, Project | None, Mapping[str, str]]
    told: Mapping[str, Outside | None]
    findings: tuple[Finding, ...]
    of_readable: tuple[Finding, ...]


def review_config(
    document: Document, rules: RuleSet, surroundings: Surroundings, memory: dict[Path, ReviewedConfig]
) -> Generator[None, None, ReviewedConfig]:
    """Review a document in slices; `memory` holds the last version of each, and then this one.

    The first check to ask who reads the file may read many modules, so each has its slice. While a text that
    could be read cannot be, in the middle of an edit, what was found stays where its lines still stand.
    """
    project, versions = surroundings.project, surroundings.versions
    known = (rules, document.text, project, versions)
    before = memory.get(document.path)
    outside = surroundings.outside
    if before is not None and before.known == known and _still_told(before, outside):
        return before
    file = ConfigFile(document.path, document.text, document.language, project, versions, outside)
    found: list[Finding] = []
    started = time.perf_counter()
    for of_check in config_findings(file, rules.for_libraries(frozenset())):
        found += of_check
        if time.perf_counter() - started > SLICE_SECONDS:
            yield
            started = time.perf_counter()
    kept = tuple(found)
    if file.is_broken:
        kept = ()
        if before is not None and before.known[0] is rules:
            kept = tuple(standing(before.of_readable, before.known[1], document.text))
    told = {name: outside.get(name) for name in file.asked}
    memory[document.path] = ReviewedConfig(known, told, in_order((*found, *kept)), kept)
    return memory[document.path]


def _still_told(before: ReviewedConfig, outside: Known) -> bool:
    return all(outside.get(name) == told for name, told in before.told.items())
