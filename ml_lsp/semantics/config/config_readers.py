"""Who reads a YAML, JSON or TOML file: the modules and notebooks of the workspace that name it, and the library they
read with.

What a plain `1e-3` or `yes` is depends on that library, so rules about such values are silent where it is not
known.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import cast

from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.module import Module
from ml_lsp.semantics.project import Project, remembered_of_code
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.syntax.segments import Segment
from ml_lsp.syntax.trees import tree
from ml_lsp.text import Span

# Functions of PyYAML that read.
_PYYAML = frozenset({
    "load", "safe_load", "full_load", "unsafe_load", "load_all", "safe_load_all", "full_load_all",
    "unsafe_load_all", "compose", "parse",
})  # fmt: skip
_SEVERAL = frozenset(
    {"load_all", "safe_load_all", "full_load_all", "unsafe_load_all", "compose_all", "parse"}
)
# Root imports of libraries that read configuration in their own way.
_BY_LIBRARY = {
    "omegaconf": "omegaconf", "hydra": "omegaconf", "ruamel": "ruamel", "ruamel_yaml": "ruamel",
    "strictyaml": "strictyaml", "jsonargparse": "jsonargparse", "yacs": "yacs", "fvcore": "yacs",
    "detectron2": "yacs", "dynaconf": "dynaconf", "confuse": "confuse", "anyconfig": "anyconfig",
    "configargparse": "configargparse", "mmengine": "mmengine", "mmcv": "mmengine", "draccus": "draccus",
    "pyrallis": "pyrallis", "simple_parsing": "simple_parsing", "tyro": "tyro", "srsly": "srsly",
    "dvc": "dvc", "gin": "gin", "oyaml": "oyaml", "hyperpyyaml": "hyperpyyaml", "envyaml": "envyaml",
    "dacite": "converter", "cattrs": "converter", "marshmallow": "converter", "mashumaro": "converter",
    "dataclass_wizard": "converter", "typedload": "converter", "ultralytics": "ultralytics",
}  # fmt: skip
# Classes and functions whose use means the same.
_BY_WORD = {
    "LightningCLI": "jsonargparse", "LightningArgumentParser": "jsonargparse", "YamlConfigParser": "yacs",
    "HfArgumentParser": "transformers", "TrlParser": "transformers", "add_implicit_resolver": "patched",
    "add_constructor": "patched", "parse_yaml_file": "transformers", "H4ArgumentParser": "transformers",
}  # fmt: skip
# Words of code that reads whatever files a folder has.
_LISTING = ("glob", "iglob", "rglob", "yaml", "yml", "fnmatch")
_CONFIG_NAME = re.compile(r"[^\s{}*?]*\.(?:ya?ml|json|toml)\Z", re.IGNORECASE)
_PATTERN = re.compile(r".*\.ya?ml\Z|.*\*.*", re.IGNORECASE)


def loader_of(file: ConfigFile) -> str | None:
    """The library that reads a config file: `pyyaml`, `omegaconf` ...; None if it is not known or not one.

    The modules that name the file decide. With none, the only library that reads YAML in the workspace does.
    """
    if file.project is None:
        return None
    found = frozenset[str]().union(*(loaders(module) for module in _naming(file)))
    found = found or workspace_loaders(file)
    return next(iter(found)) if len(found) == 1 else None


def readers(file: ConfigFile) -> list[Module]:
    """The modules of the workspace that hold the file's name, or its folder's and a pattern, as a string."""
    if file.project is None:
        return []
    known, key = file.project.code_memory, (readers, file.path)
    if key not in known:
        known[key] = [module for module in _likely(file, file.project) if _names(module, file)]
    return cast(list[Module], known[key])


def _likely(file: ConfigFile, project: Project) -> Iterator[Module]:
    """The modules whose text holds the file's name, or its folder's and words of reading all files there."""
    folder = file.path.parent.name
    listing = set(project.mentioning(*_LISTING, notebooks=True)) if folder else set()
    in_folder = listing.intersection(project.mentioning(folder, notebooks=True))
    likely = {*project.naming(file.path.name), *in_folder}
    return project.modules_at(path for path in (*(project.files or ()), *project.notebooks) if path in likely)


def loaders(module: Module) -> frozenset[str]:
    """The libraries by which a module reads configuration."""
    libraries, words = module.tables.libraries, module.words
    found = {_BY_LIBRARY[library] for library in libraries if library in _BY_LIBRARY}
    found |= {_BY_WORD[word] for word in words.intersection(_BY_WORD)}
    if "yaml" in libraries and words & _PYYAML:
        found.add("pyyaml")
    return frozenset(found)


def reads_one_document(file: ConfigFile) -> bool:
    """Whether a module that names the file reads YAML with functions for a single document only."""
    return any("pyyaml" in loaders(module) and module.words.isdisjoint(_SEVERAL) for module in _naming(file))


def _naming(file: ConfigFile) -> list[Module]:
    return [module for module in readers(file) if not is_test_path(module.path)]


def workspace_loaders(file: ConfigFile) -> frozenset[str]:
    """All libraries by which the workspace reads configuration."""
    return remembered_of_code(file.project, _all_loaders) if file.project else frozenset()


def _all_loaders(project: Project) -> frozenset[str]:
    likely = {
        *project.importing("yaml", *_BY_LIBRARY, notebooks=True),
        *project.mentioning(*_BY_WORD, notebooks=True),
    }
    return frozenset[str]().union(*(loaders(module) for module in project.modules_at(likely)))


def _names(module: Module, file: ConfigFile) -> bool:
    texts = [text for piece in module.pieces for text in config_names(piece)]
    here = PurePosixPath(file.path.as_posix())
    if any(_is_end_of(here, text) for text in texts):
        return True
    # `Path("configs").glob("*.yaml")`, `f"configs/{name}.yaml"`
    folders = {here.parent.name, f"{here.parent.name}/"} if here.parent.name else set()
    return any(_PATTERN.match(text) for text in texts) and not folders.isdisjoint(module.words)


def _is_end_of(path: PurePosixPath, text: str) -> bool:
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return bool(parts) and path.parts[-len(parts) :] == tuple(parts)


def place_of_name(module: Module, file: ConfigFile) -> tuple[Path, Span] | None:
    """Where a module first names the file; None if it only names its folder."""
    here = PurePosixPath(file.path.as_posix())
    for piece, start in zip(module.pieces, module.split.starts, strict=True):
        parsed = tree(piece)
        if parsed is not None and any(_is_end_of(here, text) for text in config_names(piece)):
            for node, text in _strings(piece):
                if _is_end_of(here, text):
                    return module.path, parsed.span(node).shift(start)
    return None


def config_names(piece: Segment) -> tuple[str, ...]:
    """The strings in a piece that may name YAML, JSON or TOML files; remembered with it."""
    if config_names not in piece.memory:
        piece.memory[config_names] = tuple(text for _, text in _strings(piece))
    return cast(tuple[str, ...], piece.memory[config_names])


def _strings(piece: Segment) -> Iterator[tuple[ast.Constant, str]]:
    parsed = tree(piece)
    for node in (node for part in parsed.body for node in ast.walk(part)) if parsed else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _may_name_file(node.value):
            yield node, node.value


def _may_name_file(text: str) -> bool:
    return len(text) < 300 and bool(_CONFIG_NAME.match(text) or _PATTERN.match(text))
