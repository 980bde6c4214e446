"""Which versions of libraries a project says it runs with, from its requirement and lock files.

Every file is somebody else's text: it is read within bounds, and what is not understood is left out.
"""

from __future__ import annotations

import configparser
import logging
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from ml_lsp.semantics.files import read_text
from ml_lsp.semantics.setup_script import setup_requirements
from ml_lsp.semantics.tables import list_at, value_at, values_at

_log = logging.getLogger(__name__)

# A uv.lock for torch with all its CUDA wheels has about 1 MB.
_LARGEST = 8_000_000
_DEEPEST_INCLUDE = 5

# Conda's names for what PyPI calls otherwise.
_CONDA_NAMES = {
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "tensorflow-gpu": "tensorflow",
}

Requirements = dict[str, str]


def requirement_versions(workspace: Path) -> Requirements:
    """What the files of `workspace` say about library versions: normalised PyPI name -> PEP 440 specifier.

    "" means that any version will do. Where files disagree, a lock file goes before pyproject.toml, and that
    before Pipfile, setup.cfg, setup.py, requirements files and environment.yml, and last what an earlier build has
    noted in an egg-info. Only the top folder, `requirements/` and the egg-info in it or in `src/` are looked into.
    """
    found: Requirements = {}
    for source in (
        _locked,
        _pyproject,
        _pipfile,
        _setup_cfg,
        _setup_py,
        _requirement_files,
        _conda,
        _egg_info,
    ):
        for name, specifier in source(workspace).items():
            if not found.get(name):
                found[name] = specifier
    return found


def requirement(line: str) -> tuple[str, str] | None:
    """One requirement, as (normalised name, specifier); None if it is not one, or not for this platform."""
    try:
        parsed = Requirement(line)
    except InvalidRequirement:
        return None
    if parsed.marker and not parsed.marker.evaluate({"extra": ""}):
        return None
    specifier = _wheel_version(parsed.url) if parsed.url else str(parsed.specifier)
    return canonicalize_name(parsed.name), specifier


def poetry_specifier(version: str) -> str:
    """Poetry's version constraint as PEP 440 has it: "^2.1" -> "<3,>=2.1"; "" for what it cannot express."""
    parts = [part.strip() for part in version.split(",")]
    if "||" in version or parts == ["*"]:
        return ""
    try:
        return str(SpecifierSet(",".join(_poetry_part(part) for part in parts)))
    except (InvalidSpecifier, InvalidVersion):
        return ""


def _poetry_part(part: str) -> str:
    if part[:1] in "<>=!":
        return part
    if part.endswith("*"):
        return f"=={part}"
    if part[:1] not in "^~":
        return f"=={part}"
    release = Version(part[1:]).release
    if part[0] == "^":
        # The first number that is not zero may not change.
        fixed = next((index for index, number in enumerate(release) if number), len(release) - 1) + 1
    else:
        fixed = min(len(release), 2)
    upper = [*release[: fixed - 1], release[fixed - 1] + 1]
    return f">={part[1:]},<{'.'.join(map(str, upper))}"


def _wheel_version(url: str) -> str:
    """The version in the name of a wheel that a requirement points to: "==2.1.0+cu118", else ""."""
    file = url.partition("#")[0].rpartition("/")[2].replace("%2B", "+").replace("%2b", "+")
    try:
        return f"=={parse_wheel_filename(file)[1]}"
    except (InvalidWheelFilename, InvalidVersion):
        return ""


def _collect(lines: Iterable[object]) -> Requirements:
    """The requirements in `lines`; of one name, the first that says a version."""
    found: Requirements = {}
    for line in lines:
        parsed = requirement(line) if isinstance(line, str) else None
        if parsed and not found.get(parsed[0]):
            found[parsed[0]] = parsed[1]
    return found


def _locked(workspace: Path) -> Requirements:
    """poetry.lock, uv.lock and pdm.lock list packages alike; one locked in several versions is left out."""
    found: Requirements = {}
    for name in ("uv.lock", "poetry.lock", "pdm.lock"):
        versions: dict[str, set[str]] = {}
        for package in list_at(_toml(workspace / name), "package"):
            package_name, version = value_at(package, "name"), value_at(package, "version")
            if isinstance(package_name, str) and isinstance(version, str):
                versions.setdefault(canonicalize_name(package_name), set()).add(version)
        only = {package: f"=={min(those)}" for package, those in versions.items() if len(those) == 1}
        found = {**only, **found}
    return found


def _pyproject(workspace: Path) -> Requirements:
    data = _toml(workspace / "pyproject.toml")
    groups = [
        *values_at(data, "project", "optional-dependencies"),
        *values_at(data, "dependency-groups"),
        *values_at(data, "tool", "pdm", "dev-dependencies"),
        value_at(data, "tool", "uv", "dev-dependencies"),
    ]
    lines = [*list_at(data, "project", "dependencies")]
    for group in groups:
        lines += group if isinstance(group, list) else []
    return {**_poetry(value_at(data, "tool", "poetry")), **_collect(lines)}


def _poetry(settings: Any) -> Requirements:
    tables = [
        value_at(settings, "dependencies"),
        value_at(settings, "dev-dependencies"),
        *(value_at(group, "dependencies") for group in values_at(settings, "group")),
    ]
    found: Requirements = {}
    for table in tables:
        for name, wish in (table if isinstance(table, dict) else {}).items():
            version = wish if isinstance(wish, str) else value_at(wish, "version")
            if name != "python":
                specifier = poetry_specifier(version) if isinstance(version, str) else ""
                found.setdefault(canonicalize_name(name), specifier)
    return found


def _pipfile(workspace: Path) -> Requirements:
    data = _toml(workspace / "Pipfile")
    found: Requirements = {}
    for table in (value_at(data, "packages"), value_at(data, "dev-packages")):
        for name, wish in (table if isinstance(table, dict) else {}).items():
            version = wish if isinstance(wish, str) else value_at(wish, "version")
            parsed = requirement(f"{name}{version}") if isinstance(version, str) and version != "*" else None
            if parsed:
                found.setdefault(*parsed)
    return found


def _setup_cfg(workspace: Path) -> Requirements:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(_text(workspace / "setup.cfg"))
    except configparser.Error as error:
        _log.info("setup.cfg is not understood: %s", error)
        return {}
    texts = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        texts += [text for _, text in parser.items("options.extras_require")]
    return _collect(line.partition("#")[0].strip() for text in texts for line in text.splitlines())


def _setup_py(workspace: Path) -> Requirements:
    return _collect(
        line.partition("#")[0].strip() for line in setup_requirements(_text(workspace / "setup.py"))
    )


def _egg_info(workspace: Path) -> Requirements:
    """What setuptools has written down of a project's requirements; those under a marker are left out."""
    lines: list[str] = []
    for file in (*workspace.glob("*.egg-info/requires.txt"), *workspace.glob("src/*.egg-info/requires.txt")):
        is_for_all = True
        for line in _text(file).splitlines():
            if line.startswith("["):
                is_for_all = ":" not in line
            elif is_for_all:
                lines.append(line)
    return _collect(lines)


def _requirement_files(workspace: Path) -> Requirements:
    files = [
        *sorted(workspace.glob("requirement*.txt"), key=lambda path: (len(path.name), path.name)),
        *sorted(workspace.glob("requirement*.in")),
        *sorted(workspace.glob("requirements/*.txt")),
        *sorted(workspace.glob("constraints*.txt")),
    ]
    return _collect(line for file in files for line in _requirement_lines(file, workspace, _DEEPEST_INCLUDE))


def _requirement_lines(file: Path, workspace: Path, depth: int) -> Iterator[str]:
    """The requirements in a pip requirements file and the ones it includes from inside the workspace."""
    text = re.sub(r"\\\r?\n", " ", _text(file))
    for line in text.splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        include = re.fullmatch(r"(?:-r|--requirement|-c|--constraint)[ =]?\s*(\S+)", line)
        if include and depth and "\0" not in include[1]:
            other = file.parent / include[1]
            if other.resolve().is_relative_to(workspace.resolve()):
                yield from _requirement_lines(other, workspace, depth - 1)
        elif line and not line.startswith("-"):
            yield line.partition(" --")[0]  # per-requirement options such as --hash


def _conda(workspace: Path) -> Requirements:
    found: Requirements = {}
    named = (path for stem in ("environment", "env", "conda") for path in workspace.glob(f"{stem}*.y*ml"))
    for path in sorted(set(named), key=lambda path: (path.stem != "environment", path.name)):
        try:
            data = yaml.safe_load(_text(path))
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            _log.info("%s is not understood: %s", path.name, error)
            continue
        for item in list_at(data, "dependencies"):
            lines = [_conda_line(item)] if isinstance(item, str) else list_at(item, "pip")
            found = {**_collect(lines), **found}
    return found


def _conda_line(line: str) -> str:
    """A conda match specification as a requirement: "pytorch::pytorch=2.1=py3*" -> "torch==2.1.*"."""
    match = re.match(r"\s*([\w.-]+)\s*(.*)", line.rpartition("::")[2])
    if not match:
        return ""
    name, version = _CONDA_NAMES.get(match[1].lower(), match[1]), match[2].strip()
    if version.startswith("=") and not version.startswith("=="):
        number = version[1:].partition("=")[0].rstrip(".*")
        exact = "=" in version[1:] or number.count(".") > 1
        version = f"=={number}" if exact else f"=={number}.*"
    elif version.startswith("=="):
        version = "==" + version[2:].partition("=")[0]
    return name + version


def _text(path: Path) -> str:
    """The text of a file; empty if it is missing, too large or no regular file."""
    try:
        return read_text(path, _LARGEST)
    except OSError:
        return ""


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        _log.info("%s is not understood: %s", path.name, error)
        return {}
