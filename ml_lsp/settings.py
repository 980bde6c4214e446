"""Which rules run where and how bad they are: from ml-lsp.toml, pyproject.toml and what an editor sends."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Severity, Tier
from ml_lsp.patterns import WildPattern, check_patterns, matches
from ml_lsp.suggestion import did_you_mean

OWN_FILE = "ml-lsp.toml"
FILE_NAMES = (OWN_FILE, "pyproject.toml")
_LARGEST_FILE = 1_000_000  # bytes; a workspace is hostile and a settings file is small


class SettingsError(ValueError):
    """Settings cannot be used. `file` is None for what an editor sent; `line` is 1-based where known."""

    def __init__(self, file: Path | None, line: int | None, message: str) -> None:
        place = f"{file}:{line}" if file and line else str(file or "editor settings")
        super().__init__(f"{place}: {message}")
        self.file, self.line, self.message = file, line, message


@dataclass(frozen=True)
class Settings:
    """What a team or a person decided.

    `select`, `ignore` and the keys of `severity` are selectors: a rule id, a family (`torch`) or a glob
    over ids (`torch/dataloader-*`). An empty `select` is all rules of the profile; a severity of None is
    `off`. `exclude` and the keys of `per_file_ignores` are gitignore patterns relative to `root`. `rules`
    are folders of a team's own rule pages, inside `root`. `python` is the interpreter whose libraries count.
    """

    profile: Tier = Tier.DEFAULT
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity | None] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    rules: tuple[Path, ...] = ()
    python: str | None = None
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    root: Path = Path()
    file: Path | None = None


KEYS = tuple(item.name.replace("_", "-") for item in fields(Settings) if item.name not in ("root", "file"))


def read_settings(place: Path) -> Settings:
    """The settings that hold at a folder or file: of the nearest settings file, going upwards.

    Without one, the defaults with the folder as `root`.

    Raises:
        SettingsError: if that file is not TOML, too large, or has an unknown key or a wrong value.
    """
    folder = Path.cwd() / place
    folder = folder if folder.is_dir() else folder.parent
    for parent in (folder, *folder.parents):
        found = settings_in(parent)
        if found:
            return found
    return Settings(root=folder)


def settings_in(folder: Path) -> Settings | None:
    """The settings of the file in exactly this folder; None if there is none or it does not speak to us.

    Raises:
        SettingsError: as `read_settings`.
    """
    for name in FILE_NAMES:
        file = folder / name
        text = _text(file)
        if text is None or (name == "pyproject.toml" and not re.search("ml[-_]lsp", text)):
            continue
        table = _table(text, file)
        if table is not None:
            return _read(table, text, file)
    return None


def _text(file: Path) -> str | None:
    try:
        if not file.is_file():  # also refuses a FIFO, which would hang
            return None
        if file.stat().st_size > _LARGEST_FILE:
            raise SettingsError(file, None, f"larger than {_LARGEST_FILE:,} bytes; not read")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(file, None, "not UTF-8, as TOML must be") from error
    except OSError as error:
        raise SettingsError(file, None, f"cannot be read: {error.strerror}") from error


def _table(text: str, file: Path) -> Any:
    try:
        parsed = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"\(at line (\d+)", str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        raise SettingsError(file, line, f"not TOML: {error}") from error
    if file.name != "pyproject.toml":
        return parsed
    tool = parsed.get("tool")
    if not isinstance(tool, dict):
        return None
    if "ml_lsp" in tool:
        raise SettingsError(
            file, _line_of("ml_lsp", text), "settings stand in `[tool.ml-lsp]`, with a hyphen"
        )
    return tool.get("ml-lsp")


def _line_of(key: str, text: str) -> int | None:
    """The 1-based line that names a key, found textually because tomllib tells no places."""
    found = re.search(rf"^[^#\n]*?(?<![\w-])[\"']?{re.escape(key)}[\"']?\s*[=.\]]", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else None


def _read(table: Any, text: str, file: Path) -> Settings:
    try:
        return replace(_settings(table, file.parent), file=file)
    except _WrongValue as wrong:
        raise SettingsError(file, _line_of(wrong.key, text), str(wrong)) from wrong


_NOT_SET: tuple[Any, ...] = (None, "", [], {}, ())


def merge(settings: Settings, client: Mapping[str, Any]) -> Settings:
    """The settings with what an editor sends laid over them.

    Keys are those of the file, also in camelCase; None and empty values mean "not set", because editors send
    their defaults. `profile`, `select` and `python` replace the file's; the others add to it. Keys that are
    not ours (an editor's own `trace`) are left alone.

    Raises:
        SettingsError: if a value is of the wrong kind.
    """
    named = {re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", key): client[key] for key in client}
    named = {key.replace("_", "-"): value for key, value in named.items()}
    given = {key: value for key, value in named.items() if key in KEYS and value not in _NOT_SET}
    try:
        extra = _settings(given, settings.root)
    except _WrongValue as wrong:
        raise SettingsError(None, None, str(wrong)) from wrong
    return replace(
        settings,
        profile=extra.profile if "profile" in given else settings.profile,
        select=extra.select or settings.select,
        ignore=_joined(settings.ignore, extra.ignore),
        severity={**settings.severity, **extra.severity},
        exclude=_joined(settings.exclude, extra.exclude),
        rules=tuple(dict.fromkeys(settings.rules + extra.rules)),
        python=extra.python or settings.python,
        per_file_ignores={**settings.per_file_ignores, **extra.per_file_ignores},
    )


def _joined(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first + second))


class _WrongValue(ValueError):
    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def _settings(table: Any, root: Path) -> Settings:
    if not isinstance(table, Mapping):
        raise _WrongValue("ml-lsp", "`tool.ml-lsp` must be a table")
    values: dict[str, Any] = {}
    for key, value in table.items():
        reader = _READERS.get(key)
        if key == "tool":
            raise _WrongValue(key, "settings stand here without `[tool.ml-lsp]`, which is for pyproject.toml")
        if reader is None:
            raise _WrongValue(key, f"unknown setting `{key}`{did_you_mean(key.replace('_', '-'), KEYS)}")
        values[key.replace("-", "_")] = reader(key, value)
    values["rules"] = tuple(_inside(root, folder) for folder in values.get("rules", ()))
    return Settings(root=root, **values)


def _one_of(key: str, value: Any, choices: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in choices:
        near = did_you_mean(value, choices) if isinstance(value, str) else ""
        raise _WrongValue(key, f"`{key}` must be one of {', '.join(choices)}, not {value!r}{near}")
    return value


def _profile(key: str, value: Any) -> Tier:
    return Tier(_one_of(key, value, [tier.value for tier in Tier]))


def _strings(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise _WrongValue(key, f"`{key}` must be a list of strings, not {value!r}")
    return tuple(value)


def _string(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _WrongValue(key, f"`{key}` must be a string, not {value!r}")
    return value


def _patterns(key: str, value: Any) -> tuple[str, ...]:
    patterns = _strings(key, value)
    try:
        check_patterns(patterns)
    except WildPattern as error:
        raise _WrongValue(key, f"`{key}`: {error}") from error
    return patterns


def _mapping(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(item, str) for item in value):
        raise _WrongValue(key, f"`{key}` must be a table, not {value!r}")
    return value


def _severity(key: str, value: Any) -> Mapping[str, Severity | None]:
    choices = [*(severity.value for severity in Severity), "off"]
    words = {name: _one_of(name, word, choices) for name, word in _mapping(key, value).items()}
    return {name: None if word == "off" else Severity(word) for name, word in words.items()}


def _per_file_ignores(key: str, value: Any) -> Mapping[str, tuple[str, ...]]:
    table = {name: _strings(name, ignores) for name, ignores in _mapping(key, value).items()}
    _patterns(key, list(table))
    return table


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "profile": _profile,
    "select": _strings,
    "ignore": _strings,
    "severity": _severity,
    "exclude": _patterns,
    "rules": _strings,
    "python": _string,
    "per-file-ignores": _per_file_ignores,
}


def _inside(root: Path, folder: str) -> Path:
    """A folder named by settings, absolute.

    Raises:
        _WrongValue: if it lies outside the workspace (also by a link) or is no folder.
    """
    try:
        path = (root / folder).resolve()
        inside = path.is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links; a NUL in the name
        raise _WrongValue("rules", f"`rules`: {folder!r} is no usable path: {error}") from error
    if not inside:
        raise _WrongValue("rules", f"`rules`: {folder!r} lies outside {root}")
    if not path.is_dir():
        raise _WrongValue("rules", f"`rules`: there is no folder {folder!r} in {root}")
    return path


def _weight(selector: str, rule: Rule) -> int:
    """How exactly a selector names a rule: 0 not at all, more the more of the id it spells out."""
    if selector == rule.id:
        return len(rule.id) + 2
    if selector == rule.family:
        return len(rule.family) + 1
    if fnmatchcase(rule.id, selector):
        return len(re.split(r"[*?\[]", selector, maxsplit=1)[0]) + 1
    return 0


def _best(selectors: Iterable[str], rule: Rule) -> int:
    return max((_weight(selector, rule) for selector in selectors), default=0)


def _on(rule: Rule, settings: Settings, ignored: tuple[str, ...]) -> bool:
    """Whether a rule runs; the selector that names it most exactly decides, at a tie the ignore."""
    selected = _best(settings.select, rule) if settings.select else 1
    if rule.tier is Tier.REVIEW and settings.profile is not Tier.REVIEW and rule.id not in settings.select:
        return False
    off = _best(ignored, rule)
    return selected > 0 and (off == 0 or selected > off) and _severity_of(rule, settings) is not None


def _severity_of(rule: Rule, settings: Settings) -> Severity | None:
    named = [selector for selector in settings.severity if _weight(selector, rule)]
    if not named:
        return rule.severity
    return settings.severity[max(named, key=lambda selector: _weight(selector, rule))]


def file_ignores(settings: Settings, path: Path) -> tuple[str, ...]:
    """The selectors that `per-file-ignores` turns off in the file at `path`."""
    found: list[str] = []
    for pattern, selectors in settings.per_file_ignores.items():
        if matches((pattern,), settings.root, Path.cwd() / path):
            found += selectors
    return tuple(found)


def selected_rules(rules: Iterable[Rule], settings: Settings, path: Path | None = None) -> tuple[Rule, ...]:
    """The rules that run under these settings on the file at `path`, with their severities remapped.

    A rule of tier review runs in the review profile, or when `select` names it by its whole id.
    """
    ignored = settings.ignore + (file_ignores(settings, path) if path else ())
    return _select(rules, settings, ignored)


def _select(rules: Iterable[Rule], settings: Settings, ignored: tuple[str, ...]) -> tuple[Rule, ...]:
    chosen = []
    for rule in rules:
        severity = _severity_of(rule, settings)
        if severity and _on(rule, settings, ignored):
            chosen.append(rule if severity is rule.severity else replace(rule, severity=severity))
    return tuple(chosen)


def rule_chooser(rules: Sequence[Rule], settings: Settings) -> Callable[[Path], tuple[Rule, ...]]:
    """`selected_rules` for many files: files with the same per-file ignores get the same tuple."""
    chosen: dict[tuple[str, ...], tuple[Rule, ...]] = {}

    def choose(path: Path) -> tuple[Rule, ...]:
        extra = file_ignores(settings, path)
        if extra not in chosen:
            chosen[extra] = _select(rules, settings, settings.ignore + extra)
        return chosen[extra]

    return choose


def unknown_selectors(selectors: Iterable[str], rules: Sequence[Rule]) -> tuple[str, ...]:
    """One sentence for every selector that names none of the rules."""
    names = {rule.id for rule in rules} | {rule.family for rule in rules}
    return tuple(
        f"`{selector}` names no rule{did_you_mean(selector, names)}"
        for selector in selectors
        if not any(_weight(selector, rule) for rule in rules)
    )
