"""All rules there are for a workspace: those that ship, and a team's.

A team's own rules are pages with `match:` in folders that its settings name; reading them runs no code.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from ml_lsp.catalogue import Rule, parse_rule, rules_folder, shipped_rules
from ml_lsp.page_form import CatalogueError
from ml_lsp.settings import Settings

_MOST_PAGES = 1_000
_LARGEST_PAGE = 200_000  # bytes
_STRAYS = ("*.yaml", "*.yml", "*/*.yml", "*/*/*.yaml", "*/*/*.yml")
_DEEPEST = 20  # lists and mappings inside each other


def known_rules(settings: Settings) -> tuple[Rule, ...]:
    """All rules there are under these settings, on or off.

    Raises:
        CatalogueError: if a rule page is wrong.
    """
    shipped = shipped_rules()
    return (*shipped, *team_rules(settings, {rule.id for rule in shipped})) if settings.rules else shipped


def team_rules(settings: Settings, shipped: Collection[str] = ()) -> tuple[Rule, ...]:
    """The rules of the folders that the settings name, in order of folder and id.

    A page is `<family>/<name>.yaml` as those that ship, but has `match:`, and an id that none of the
    `shipped` ones has.

    Raises:
        CatalogueError: if a page is wrong, too large, or leads outside the workspace.
    """
    rules = []
    for _, found in team_pages(settings.rules, settings.root, shipped):
        if isinstance(found, CatalogueError):
            raise found
        rules.append(found)
    return tuple(rules)


def team_pages(
    folders: Iterable[Path], root: Path, shipped: Collection[str] = ()
) -> Iterator[tuple[Path, Rule | CatalogueError]]:
    """The pages of a team's folders below `root`, each with its rule or with what is wrong.

    Raises:
        CatalogueError: if there are too many pages.
    """
    first: dict[str, Path] = {}
    for folder in folders:
        for path, found in _pages(folder, lambda path: _read(path, root)):
            yield path, found if isinstance(found, CatalogueError) else _own(found, first, shipped)


def _own(rule: Rule, first: dict[str, Path], shipped: Collection[str]) -> Rule | CatalogueError:
    """The rule if a team may have it. `first` holds the page of each id so far."""
    if rule.match is None:
        return CatalogueError(f"{rule.path}:1: a team's own rule needs `match`")
    if rule.id in shipped:
        taken = "ships with ml-lsp"
    elif rule.id in first:
        taken = f"is stated in {first[rule.id]}"
    else:
        first[rule.id] = rule.path
        return rule
    return CatalogueError(f"{rule.path}:1: another rule `{rule.id}` {taken}; give this one its own name")


def shipped_pages() -> Iterator[tuple[Path, Rule | CatalogueError]]:
    """The pages of the rules that ship as they are on disk, each with its rule or with what is wrong."""
    yield from _pages(rules_folder().resolve(), lambda path: _parsed(path, _text(path)))


def _pages(folder: Path, read: Callable[[Path], Rule]) -> Iterator[tuple[Path, Rule | CatalogueError]]:
    for stray in sorted(path for pattern in _STRAYS for path in folder.glob(pattern)):
        said = f"{stray}:1: a rule page is called <family>/<rule-name>.yaml in {folder.name}"
        yield stray, CatalogueError(said)
    paths = page_files(folder)
    if len(paths) > _MOST_PAGES:
        raise CatalogueError(f"{folder}: more than {_MOST_PAGES:,} rule pages")
    for path in paths:
        try:
            yield path, read(path)
        except CatalogueError as error:
            yield path, error


def page_files(folder: Path) -> list[Path]:
    """The files of a folder that are named as rule pages are, in order."""
    return sorted(folder.glob("*/*.yaml"))


def _read(path: Path, root: Path) -> Rule:
    try:
        inside = path.resolve().is_relative_to(root.resolve())
        fits = inside and path.is_file() and path.stat().st_size <= _LARGEST_PAGE
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError
        raise CatalogueError(f"{path}: cannot be read: {error}") from error
    if not inside:
        raise CatalogueError(f"{path}: leads outside {root}")
    if not fits:
        raise CatalogueError(f"{path}: not a file of at most {_LARGEST_PAGE:,} bytes")
    text = _text(path)
    _refuse_bombs(text, path)
    return _parsed(path, text)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read: {error}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CatalogueError(f"{path}:{line}: not UTF-8; save the page in that encoding") from error


def _parsed(path: Path, text: str) -> Rule:
    return parse_rule(text, f"{path.parent.name}/{path.stem}", path)


def _refuse_bombs(text: str, path: Path) -> None:
    """Refuse what makes little YAML large: aliases, and nesting deeper than any page needs."""
    import yaml

    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent):
                said = (
                    f"a rule page may not use aliases (`*{event.anchor}`); a text that starts with `*` stands"
                )
                raise CatalogueError(f"{path}:{line}: {said} in quotes")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise CatalogueError(f"{path}:{line}: nested more than {_DEEPEST} levels deep")
    except yaml.YAMLError:
        return  # reading the page says what is wrong, and where
