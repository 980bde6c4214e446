"""All rules there are for a workspace: those that ship, and a team's.

A team's own rules are pages with `match:` in folders that its settings name; reading them runs no code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from ml_lsp.catalogue import Rule, parse_rule, shipped_rules
from ml_lsp.page_form import CatalogueError
from ml_lsp.settings import Settings

_MOST_PAGES = 1_000
_LARGEST_PAGE = 200_000  # bytes
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
    rules: dict[str, Rule] = {}
    for folder in settings.rules:
        for path in _pages(folder, settings.root):
            rule = _read(path)
            if rule.id in shipped or rule.id in rules:
                raise CatalogueError(
                    f"{path}:1: there is another rule `{rule.id}`; give this one its own name"
                )
            rules[rule.id] = rule
    return tuple(rules.values())


def _pages(folder: Path, root: Path) -> Iterator[Path]:
    paths = sorted(folder.glob("*/*.yaml"))
    for stray in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml"), *folder.glob("*/*.yml")]):
        raise CatalogueError(f"{stray}:1: a rule page is called <family>/<rule-name>.yaml in {folder.name}")
    if len(paths) > _MOST_PAGES:
        raise CatalogueError(f"{folder}: more than {_MOST_PAGES:,} rule pages")
    for path in paths:
        try:
            inside = path.resolve().is_relative_to(root.resolve())
        except (OSError, RuntimeError) as error:  # a loop of links
            raise CatalogueError(f"{path}: cannot be read: {error}") from error
        if not inside:
            raise CatalogueError(f"{path}: leads outside {root}")
        yield path


def _read(path: Path) -> Rule:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_PAGE:
            raise CatalogueError(f"{path}: not a file of at most {_LARGEST_PAGE:,} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: cannot be read: {error}") from error
    _refuse_bombs(text, path)
    rule = parse_rule(text, f"{path.parent.name}/{path.stem}", path)
    if rule.match is None:
        raise CatalogueError(f"{path}:1: a team's own rule needs `match`")
    return rule


def _refuse_bombs(text: str, path: Path) -> None:
    """Refuse what makes little YAML large: aliases, and nesting deeper than any page needs."""
    import yaml

    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent):
                raise CatalogueError(f"{path}:{line}: a rule page may not use aliases (`*{event.anchor}`)")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise CatalogueError(f"{path}:{line}: nested more than {_DEEPEST} levels deep")
    except yaml.YAMLError:
        return  # reading the page says what is wrong, and where
