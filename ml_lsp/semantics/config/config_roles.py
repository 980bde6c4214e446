"""Which YAML files hold parameters of ML programs, as opposed to what other tools read."""

from __future__ import annotations

import re
from pathlib import PurePath

from ml_lsp.semantics.config.config_readers import readers
from ml_lsp.semantics.config_file import ConfigFile

_FOLDERS = frozenset({
    "config", "configs", "conf", "confs", "cfg", "cfgs", "params", "experiments", "hparams",
    "hyperparameters",
})  # fmt: skip
_NAMES = re.compile(
    r"(?:config|conf|cfg|params?|train|hyp|hparams|args)(?:[^a-z].*|uration.*|s|ing.*|\d.*)?\Z",
    re.IGNORECASE,
)
# Files of other tools, by name and by the folders that they lie in.
_OTHER_NAMES = re.compile(
    r"docker-compose.*|compose|\.?pre-commit.*|mkdocs.*|dvc|_config|_toc|citation|\.?codecov|dependabot"
    r"|\.?readthedocs|openapi.*|swagger.*|\.gitlab-ci.*|environment.*|meta|conda.*|action|mlproject|pnpm-lock"
    r"|chart|values|azure-pipelines.*|cloudbuild|serverless|buildspec|project",
    re.IGNORECASE,
)
_OTHER_FOLDERS = frozenset(
    {"workflows", "templates", "ansible", "helm", "charts", "k8s", "kubernetes", "roles"}
)
_TEMPLATE = re.compile(r"\{\{|\{%|<%")
# Keys of the top level that together tell another tool's file.
_OTHER_KEYS = (
    {"apiVersion", "kind"}, {"channels", "dependencies"}, {"name", "dependencies"}, {"$schema"}, {"openapi"},
    {"swagger"}, {"services", "version"}, {"services", "volumes"}, {"jobs", "on"}, {"stages", "script"},
    {"repos"}, {"site_name"}, {"commands", "title"}, {"artifact_path", "flavors"}, {"build_dependencies"},
    {"entry_points", "name"},
)  # fmt: skip
# Folders of what programs write, whatever they hold.
_WRITTEN = frozenset({
    "outputs", "runs", "wandb", "mlruns", ".hydra", "multirun", "lightning_logs", "checkpoints", "logs",
})  # fmt: skip
# Words in the names of test files that are wrong on purpose.
_WRONG = ("bad", "invalid", "broken", "malformed", "error", "wrong", "corrupt", "duplicate")
# So many keys are in the order of the alphabet by no chance.
_MANY_KEYS = 15


def inner_path(file: ConfigFile) -> PurePath:
    """The file's path below the outermost import root of the workspace that holds it, else its last parts."""
    roots = file.project.layout.roots if file.project else ()
    holding = [root for root in roots if file.path.is_relative_to(root)]
    if holding:
        return file.path.relative_to(min(holding, key=lambda root: len(root.parts)))
    return PurePath(*file.path.parts[-3:])


def is_parameter_file(file: ConfigFile) -> bool:
    """Whether a YAML file holds parameters: Python of the workspace names it, or its name and folder tell."""
    if file.language != "yaml" or _is_of_another_tool(file):
        return False
    path = inner_path(file)
    folders = {part.lower() for part in path.parts[:-1]}
    return not folders.isdisjoint(_FOLDERS) or bool(_NAMES.match(path.stem)) or bool(readers(file))


def is_written_by_program(file: ConfigFile) -> bool:
    """Whether a file is the record of a run, has all its keys sorted, or says at its top that it was generated."""
    if not _WRITTEN.isdisjoint(inner_path(file).parts[:-1]) or _is_sorted(file):
        return True
    return (
        re.search(r"^#.*\b(?:auto-?)?generated\b", file.text[:500], re.IGNORECASE | re.MULTILINE) is not None
    )


def _is_sorted(file: ConfigFile) -> bool:
    """Whether all keys are in the order of the alphabet, as `yaml.dump` writes them."""
    mappings = [node for _, node in file.walk() if node.kind == "mapping"]
    keys = [[entry.key.text for entry in node.entries] for node in mappings]
    return sum(map(len, keys)) >= _MANY_KEYS and all(found == sorted(found) for found in keys)


def is_template(file: ConfigFile) -> bool:
    """Whether another program fills the file in before it is YAML (Jinja, Helm, cookiecutter)."""
    return _TEMPLATE.search(file.text) is not None


def is_wrong_on_purpose(file: ConfigFile) -> bool:
    """Whether a file of a test suite is named as one that is not to be read."""
    path = inner_path(file)
    in_tests = any(part in ("tests", "test", "fixtures", "testdata") for part in path.parts[:-1])
    return in_tests and any(word in path.stem.lower() for word in _WRONG)


def _is_of_another_tool(file: ConfigFile) -> bool:
    path = inner_path(file)
    parts = path.parts[:-1]
    if any(part.startswith(".") or part in _OTHER_FOLDERS for part in parts) or path.name.startswith("."):
        return True
    if _OTHER_NAMES.fullmatch(path.stem) or is_template(file):
        return True
    root = file.root
    if root is None or root.kind != "mapping":
        return True
    keys = {entry.key.text for entry in root.entries}
    return any(other <= keys for other in _OTHER_KEYS)
