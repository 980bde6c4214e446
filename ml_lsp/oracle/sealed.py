"""jedi behind glass: it reads text of the folders it is given, and neither imports nor executes any of it.

jedi imports compiled modules into its process to look at them, and reads whatever file a name leads to. Both
are replaced here: only modules of our own standard library are imported, and only regular files of a bearable
size are read.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, NamedTuple

import parso.file_io
from jedi import settings
from jedi.api.environment import InterpreterEnvironment
from jedi.api.project import Project
from jedi.file_io import KnownContentFileIO
from jedi.inference import InferenceState, recursion
from jedi.inference.compiled.subprocess import InferenceStateSameProcess
from jedi.inference.compiled.subprocess.functions import ImplicitNSInfo
from parso.grammar import load_grammar

from ml_lsp.semantics.files import Stamp, read_regular, stamp

# The files read since the state was opened, each with its stamp from just before.
files_read: dict[str, Stamp] = {}


class Version(NamedTuple):
    """A Python version as jedi wants it."""

    major: int
    minor: int
    micro: int = 0


def standard_library() -> list[str]:
    """The folders of our own standard library, the only code that may be imported to be looked at."""
    stdlib = Path(sysconfig.get_path("stdlib"))
    folders = [
        stdlib,
        Path(sysconfig.get_path("platstdlib")),
        stdlib / "lib-dynload",
        Path(sys.base_prefix, "DLLs"),
    ]
    return [str(folder) for folder in dict.fromkeys(folders) if folder.is_dir()]


def seal(cache: Path) -> None:
    """Prepare jedi's settings, for the whole process, before the first state is made.

    `cache` is the folder where jedi keeps parsed modules.
    """
    settings.cache_directory = cache
    # Looking for the callers of a function makes an answer depend on what else was asked, and is slow.
    settings.dynamic_params = False
    # jedi goes through function bodies, by itself 15 deep and 200 in all for one name. The answers to 70
    # names of torch, lightning, ray, yaml and numpy are the same with these bounds, in less time.
    recursion.recursion_limit = 8
    recursion.total_function_execution_limit = 30
    settings.auto_import_modules = []  # modules that jedi would rather import than read
    parso.file_io.FileIO.read = lambda self: _read(str(self.path))  # type: ignore[method-assign]


def open_state(folders: Sequence[str], version: Version) -> InferenceState:
    """A fresh state of jedi that looks for modules in our standard library, then in `folders`, in order."""
    files_read.clear()
    path = [*standard_library(), *folders]
    # The project's own folder is not looked into, with smart_sys_path off; it only has to be somewhere.
    project = Project(
        standard_library()[0], sys_path=path, smart_sys_path=False, load_unsafe_extensions=False
    )
    return InferenceState(project, environment=_Environment(version))


def _with_grammar(version: Version) -> Version:
    """`version` if parso has a grammar for it, else our own, which comes close enough to find definitions."""
    try:
        load_grammar(version=f"{version.major}.{version.minor}")
    except NotImplementedError:
        return Version(*sys.version_info[:3])
    return version


def _read(path: str | Path) -> bytes:
    files_read.setdefault(str(path), stamp(path))
    return read_regular(path)


class _Environment(InterpreterEnvironment):  # type: ignore[misc]  # jedi is untyped
    """An interpreter that is not run: its version decides the grammar, and nothing else is asked of it."""

    def __init__(self, version: Version) -> None:
        super().__init__()
        self.version_info = _with_grammar(version)

    def get_sys_path(self) -> list[str]:
        return standard_library()

    def get_inference_state_subprocess(self, inference_state: InferenceState) -> _Reader:
        return _Reader(inference_state)


class _Reader(InferenceStateSameProcess):  # type: ignore[misc]  # jedi is untyped
    """What jedi would do in the foreign interpreter, done here with reading alone."""

    def get_module_info(
        self,
        string: str,
        path: Sequence[str] | None = None,
        full_name: str | None = None,
        is_global_search: bool = True,
        sys_path: Sequence[str] | None = None,
    ) -> tuple[object | None, bool | None]:
        """Find a module as the import system does: (its file, whether it is a package).

        (None, None) means there is none, (None, bool) that it is no text: built in or compiled.
        """
        if path is None and string in sys.builtin_module_names:
            return None, False
        spec = PathFinder.find_spec(string, list(path if path is not None else sys_path or ()))
        if spec is None:
            return None, None
        if spec.origin is None:
            portions: Any = spec.submodule_search_locations
            return ImplicitNSInfo(full_name, portions._path), True
        is_package = spec.submodule_search_locations is not None
        if not spec.origin.endswith(".py"):
            return None, is_package
        try:
            return KnownContentFileIO(spec.origin, _read(spec.origin)), is_package
        except OSError:  # too large, or gone since it was found: a module that cannot be told anything about
            return None, None

    def load_module(self, dotted_name: str, sys_path: Sequence[str]) -> Any:
        """Import a module to look into it, if it is one of our own standard library; else None."""
        if dotted_name.partition(".")[0] not in sys.stdlib_module_names:
            return None
        load = super().__getattr__("load_module")
        return load(dotted_name=dotted_name, sys_path=standard_library())
