"""Which Python's packages the project uses, found out without running any Python.

Read are names of files and folders, `pyvenv.cfg` (PEP 405) and lines of `.pth` files that name a folder.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from ml_lsp.semantics.files import read_text

_LIB_FOLDER = re.compile(r"(?:python|pypy)(\d)\.(\d{1,2})t?")
_VERSION = re.compile(r"(\d)\.(\d{1,2})")
_DISTRIBUTION = re.compile(r"(?P<name>.+?)-(?P<version>\d[^-]*)(?:-.*)?\.(?:dist-info|egg-info)")


@dataclass(frozen=True)
class Interpreter:
    """A Python by the folders of its packages; nothing of it is ever run.

    Attributes:
        prefix: The folder of the environment or installation.
        version: Its language version.
        site_packages: Where its packages are, in the order of its import path.
        source: Who asked for it, for people: "setting", "editor", "VIRTUAL_ENV", "CONDA_PREFIX",
            "configuration" or "server".
    """

    prefix: Path
    version: tuple[int, int]
    site_packages: tuple[Path, ...]
    source: str


@dataclass(frozen=True)
class Choice:
    """The interpreter that was chosen, and a sentence for every better-placed one that could not be taken."""

    interpreter: Interpreter
    refused: tuple[str, ...]


def choose(
    workspace: Path,
    *,
    setting: str | None = None,
    editor: str | None = None,
    configured: str | None = None,
    environment: Mapping[str, str] | None = None,
    consent: bool = False,
) -> Choice:
    """Choose the interpreter whose packages the files of `workspace` import.

    Tried in order: the client's `setting`, the `editor`'s Python extension, VIRTUAL_ENV and CONDA_PREFIX of
    `environment` (default: the process's), `[tool.ml-lsp] python` (`configured`), the server's own. Each may
    name an executable or an environment's folder, relative to `workspace`. One inside of `workspace` is taken
    only with `consent`, which must come from the user and never from the workspace.
    """
    environment = os.environ if environment is None else environment
    wishes = (
        ("setting", setting),
        ("editor", editor),
        ("VIRTUAL_ENV", environment.get("VIRTUAL_ENV")),
        ("CONDA_PREFIX", environment.get("CONDA_PREFIX")),
        ("configuration", configured),
    )
    refused = []
    for source, wish in wishes:
        if not wish:
            continue
        path = _absolute(wish, workspace)
        if not consent and _is_inside(path, workspace):
            refused.append(f"{path} ({source}) is inside the workspace; using it needs your consent")
            continue
        found = locate(path, source)
        if found is not None:
            return Choice(found, tuple(refused))
        refused.append(f"{path} ({source}) has no Python packages that could be found")
    return Choice(own(), tuple(refused))


def own() -> Interpreter:
    """The interpreter that runs us."""
    folders = dict.fromkeys(Path(sysconfig.get_path(key)) for key in ("purelib", "platlib"))
    version = sys.version_info[:2]
    return Interpreter(Path(sys.prefix), (version[0], version[1]), _with_pth(folders), "server")


def locate(path: Path, source: str) -> Interpreter | None:
    """The interpreter at `path`, an executable or an environment's folder; None if it has no packages."""
    # A venv's executable is a link to the one it was made from: its own folder comes first.
    for prefix in _prefixes(path):
        version, folders = _layout(prefix)
        settings = _pyvenv(prefix)
        if settings.get("include-system-site-packages", "").lower() == "true" and "home" in settings:
            folders = [*folders, *_layout(Path(settings["home"]).parent)[1]]
        if folders:
            return Interpreter(prefix, version, _with_pth(folders), source)
    return None


def installed_versions(site_packages: Iterable[Path]) -> dict[str, str]:
    """The installed distributions: normalised name -> version, as the names of their metadata folders say.

    Where two folders hold one distribution, the first counts, as it does when it is imported.
    """
    versions: dict[str, str] = {}
    for folder in site_packages:
        try:
            names = sorted(path.name for path in folder.iterdir())
        except OSError:  # an environment that is being removed, or a folder a .pth file names in vain
            continue
        for name in names:
            if match := _DISTRIBUTION.fullmatch(name):
                versions.setdefault(canonicalize_name(match["name"]), match["version"])
    return versions


def _absolute(wish: str, workspace: Path) -> Path:
    """`wish` as a path: "python3" is looked up on PATH, everything else starts at the workspace."""
    path = Path(wish).expanduser()
    if path.name == wish and not (workspace / path).exists():
        return Path(shutil.which(wish) or wish)
    return Path(os.path.normpath(workspace / path))


def _is_inside(path: Path, workspace: Path) -> bool:
    """Whether `path` lies in `workspace`, as it is spelled or after following links of its folders."""
    places = {path, path.parent.resolve() / path.name, path.resolve()}
    return any(place.is_relative_to(root) for place in places for root in (workspace, workspace.resolve()))


def _prefixes(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield path
        return
    for executable in dict.fromkeys((path, path.resolve())):
        folder = executable.parent
        yield folder.parent if folder.name in ("bin", "Scripts") else folder


def _layout(prefix: Path) -> tuple[tuple[int, int], list[Path]]:
    """The version and package folders of an environment or installation, by where they are."""
    version = _VERSION.match(_pyvenv(prefix).get("version", _pyvenv(prefix).get("version_info", "")))
    windows = prefix / "Lib" / "site-packages"
    if os.name == "nt" or windows.is_dir():
        return (int(version[1]), int(version[2])) if version else sys.version_info[:2], _existing([windows])
    wanted = (int(version[1]), int(version[2])) if version else None
    libraries = sorted(_libraries(prefix), key=lambda item: (item[0] == wanted, item[0]), reverse=True)
    if not libraries:
        return wanted or sys.version_info[:2], []
    number, library = libraries[0]
    folders = [library / "site-packages"]
    if prefix == Path("/usr"):  # Debian keeps pip's packages and its own in these
        folders += [
            Path(f"/usr/local/lib/{library.name}/dist-packages"),
            Path("/usr/lib/python3/dist-packages"),
        ]
    return number, _existing(folders)


def _libraries(prefix: Path) -> Iterator[tuple[tuple[int, int], Path]]:
    """The folders lib/pythonX.Y of a prefix, with X.Y."""
    for lib in (prefix / "lib", prefix / "lib64"):
        try:
            names = [path.name for path in lib.iterdir()]
        except OSError:
            continue
        for name in names:
            if match := _LIB_FOLDER.fullmatch(name):
                yield (int(match[1]), int(match[2])), lib / name


def _existing(folders: Sequence[Path]) -> list[Path]:
    return [folder for folder in folders if folder.is_dir()]


def _pyvenv(prefix: Path) -> dict[str, str]:
    """The settings of an environment's pyvenv.cfg; empty if it has none."""
    try:
        lines = read_text(prefix / "pyvenv.cfg", 10_000).splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _with_pth(folders: Iterable[Path]) -> tuple[Path, ...]:
    """`folders`, each followed by those that its .pth files add; their `import` lines are not run."""
    found: dict[Path, None] = {}
    for folder in folders:
        found[folder] = None
        for file in sorted(folder.glob("*.pth")):
            try:
                lines = read_text(file, 20_000).splitlines()
            except OSError:
                continue
            names = [line.strip() for line in lines if line.strip() and not line.startswith(("#", "import"))]
            found.update(dict.fromkeys(path for name in names if (path := folder / name).is_dir()))
    return tuple(found)
