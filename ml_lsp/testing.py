"""The `test` command: rule pages checked, their examples tried; what it returns is the exit code."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ml_lsp.catalogue import Rule, rules_folder, shipped_rules
from ml_lsp.examples import Trial, failures
from ml_lsp.ignores import UNUSED_IGNORE
from ml_lsp.page_form import CatalogueError
from ml_lsp.registry import is_paired, module_name
from ml_lsp.report.results import shown_path
from ml_lsp.report.terminal import say, shows_colours, write
from ml_lsp.report.trials import render_trials, render_trials_json
from ml_lsp.rulebook import shipped_pages, team_pages
from ml_lsp.settings import Settings, SettingsError, read_settings

Found = tuple[Path, Rule | CatalogueError]


class NothingToTest(ValueError):
    """There are no rule pages where some were looked for."""


def test(paths: Sequence[str], form: str) -> int:
    """Try the rule pages in files and folders, without any those of the settings, and report it as `text` or
    `json`: 0 all pass, 1 something is wrong with a page or an example, 2 could not run."""
    try:
        settings = read_settings(Path.cwd())
        trials = tuple(_trials(list(_wanted(paths, settings)), settings))
    except (NothingToTest, SettingsError, CatalogueError) as error:
        say(f"error: {error}")
        return 2
    if form == "json":
        write(render_trials_json(trials), sys.stdout, as_text=False)
    else:
        write(render_trials(trials, colour=shows_colours(sys.stdout)), sys.stdout, as_text=True)
    return 0 if all(trial.passed for trial in trials) else 1


def _wanted(paths: Sequence[str], settings: Settings) -> Iterator[Path]:
    """The files and folders that are named, absolute; without any, the folders of the settings."""
    if not paths and not settings.rules:
        said = 'name one, here or in the settings: `rules = ["lint-rules/"]` under `[tool.ml-lsp]`'
        raise NothingToTest(f"no folder of rule pages; {said}")
    for path in map(Path, paths):
        if not path.exists():
            raise NothingToTest(f"{path}: there is no such file or folder")
        yield path.resolve() if path.is_dir() else path.parent.resolve() / path.name
    if not paths:
        yield from settings.rules


def _trials(wanted: Sequence[Path], settings: Settings) -> Iterator[Trial]:
    """The trials of the pages below the paths that are wanted.

    Raises:
        NothingToTest: if there are none below one of them.
        CatalogueError: if a folder has too many pages.
    """
    ships = rules_folder().resolve()
    shipped = list(shipped_pages()) if any(_touch(path, ships) for path in wanted) else []
    known = {rule.id: rule for rule in shipped_rules()}
    own = list(_own_pages(wanted, settings, known))
    for path in wanted:
        if not any(_touch(path, page) for page, _ in (*shipped, *own)):
            raise NothingToTest(
                f"{shown_path(path)}: no rule page there; one is called <family>/<rule-name>.yaml"
            )
    if shipped:
        known |= _by_id(shipped)
        judges = tuple(known.values())
        yield from (_trial(path, found, known, judges) for path, found in _below(shipped, wanted))
    known |= _by_id(own)
    yield from (_trial(path, found, known) for path, found in _below(own, wanted))


def _own_pages(wanted: Iterable[Path], settings: Settings, shipped: Collection[str]) -> Iterator[Found]:
    """The pages of a team that may be wanted: those of the settings, and of folders that stand there not yet."""
    named = [folder for folder in settings.rules if any(_touch(path, folder) for path in wanted)]
    yield from team_pages(named, settings.root, shipped)
    known = (*named, rules_folder().resolve())
    others = [path for path in wanted if not any(_touch(path, folder) for folder in known)]
    for folder in dict.fromkeys(path if path.is_dir() else path.parent.parent for path in others):
        yield from team_pages([folder], folder, shipped)


def _touch(one: Path, other: Path) -> bool:
    """Whether two paths are the same, or one lies in the other."""
    return one.is_relative_to(other) or other.is_relative_to(one)


def _below(pages: Iterable[Found], wanted: Collection[Path]) -> Iterator[Found]:
    return (found for found in pages if any(found[0].is_relative_to(path) for path in wanted))


def _by_id(pages: Iterable[Found]) -> dict[str, Rule]:
    return {found.id: found for _, found in pages if isinstance(found, Rule)}


def _trial(
    path: Path, found: Rule | CatalogueError, known: Mapping[str, Rule], judges: Sequence[Rule] = ()
) -> Trial:
    if isinstance(found, CatalogueError):
        return Trial(path, problem=str(found))
    if not is_paired(found) and found.id != UNUSED_IGNORE:
        return Trial(path, problem=f"{path}:1: neither `match` nor a module {module_name(found.id)}")
    try:
        return Trial(path, found, tuple(failures(found, known, judges)))
    except OSError as error:
        return Trial(path, problem=f"{path}:1: the files of an example cannot be written: {error.strerror}")
