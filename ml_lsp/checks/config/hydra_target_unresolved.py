"""See rules/config/hydra-target-unresolved.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.config.config_readers import workspace_loaders
from ml_lsp.semantics.config.hydra import instantiates
from ml_lsp.semantics.config.library_targets import missing_in_library
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.signatures import Missing, Target, find_target
from ml_lsp.semantics.spelling import nearest
from ml_lsp.syntax.config_edits import scalar_edit
from ml_lsp.syntax.config_tree import Node
from ml_lsp.text import Edit

_LOADERS = {"omegaconf": "_target_", "jsonargparse": "class_path"}
# Hydra takes these out of a file when it composes the configuration.
_COMPOSED = frozenset({"defaults", "hydra"})


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report targets that do not exist, and arguments that those of the workspace do not take."""
    loaders = _loaders(file)
    for _, node in file.walk() if loaders else ():
        key = _key(node, loaders)
        target = node.get(key) if key is not None else None
        if target is None or not isinstance(target.value, str) or "${" in target.value:
            continue
        found = find_target(file.project, target.value, file.path) if file.project else None
        found = found or missing_in_library(file, target.value)
        happens = rule.data["happens"][key]
        if isinstance(found, Missing):
            yield _missing(target, found, rule, happens)
        arguments = node if key == "_target_" else node.get("init_args")
        if isinstance(found, Target) and arguments is not None:
            composed = _COMPOSED if node is file.root else frozenset[str]()
            yield from _unknown_arguments(arguments, found, composed, rule, happens)


def _loaders(file: ConfigFile) -> frozenset[str]:
    """The libraries by which the workspace makes objects of what a file names."""
    found = workspace_loaders(file) & _LOADERS.keys() if file.language == "yaml" else frozenset[str]()
    if "omegaconf" in found and file.project is not None and not instantiates(file.project):
        return found - {"omegaconf"}
    return found


def _key(node: Node, loaders: frozenset[str]) -> str | None:
    """The key under which a mapping names what is to be made: Hydra's, or LightningCLI's."""
    is_mapping = node.kind == "mapping" and node.alias is None
    found = (key for loader, key in _LOADERS.items() if loader in loaders and node.get(key) is not None)
    return next(found, None) if is_mapping else None


def _missing(target: Node, found: Missing, rule: Rule, happens: str) -> Finding:
    near = nearest(found.name, found.known)
    edits = []
    if near is not None and isinstance(target.value, str) and target.style == "plain":
        edits = [scalar_edit(target, target.value.replace(f".{found.name}", f".{near}"))]
    near = near or "the right one"
    return rule.finding(
        target.span,
        edits=edits,
        message=rule.data["messages"]["library"] if found.in_library else "",
        name=found.name,
        where=found.where,
        near=near,
        happens=happens,
    )


def _unknown_arguments(
    node: Node, target: Target, composed: frozenset[str], rule: Rule, happens: str
) -> Iterator[Finding]:
    if target.parameters is None:
        return
    known = {*target.parameters, *composed}
    for entry in node.entries:
        key = entry.key.text
        if key.startswith("_") or entry.key.is_merge_key or entry.value.value == "???":
            continue
        if key not in known:
            near = nearest(key, target.parameters)
            edits = [Edit(entry.key.span, near)] if near and entry.key.style == "plain" else []
            related = [Related(target.span, f"`{target.name}` is defined here", target.path)]
            message = rule.data["messages"]["argument"]
            yield rule.finding(
                entry.key.span,
                edits=edits,
                related=related,
                message=message,
                name=key,
                where=target.name,
                near=near,
                happens=happens,
            )
