"""See rules/config/hydra-target-unresolved.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.config.config_readers import workspace_loaders
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.signatures import Missing, Target, find_target
from ml_lsp.semantics.spelling import nearest
from ml_lsp.syntax.config_edits import scalar_edit
from ml_lsp.syntax.config_tree import Node
from ml_lsp.text import Edit

_LOADERS = frozenset({"omegaconf", "jsonargparse"})


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report targets of the workspace that do not exist, and arguments that they do not take."""
    loaders = workspace_loaders(file) & _LOADERS if file.language == "yaml" else frozenset[str]()
    for _, node in file.walk() if loaders else ():
        target, arguments = _named(node, loaders)
        if target is None or not isinstance(target.value, str) or "${" in target.value:
            continue
        found = find_target(file.project, target.value, file.path) if file.project else None
        if isinstance(found, Missing):
            yield _missing(target, found, rule)
        elif found is not None and arguments is not None:
            yield from _unknown_arguments(arguments, found, rule)


def _named(node: Node, loaders: frozenset[str]) -> tuple[Node | None, Node | None]:
    """What a mapping names to be made, and where its arguments are: Hydra's way, or LightningCLI's."""
    if node.kind != "mapping" or node.alias is not None:
        return None, None
    if "omegaconf" in loaders and node.get("_target_") is not None:
        return node.get("_target_"), node
    if "jsonargparse" in loaders and node.get("class_path") is not None:
        return node.get("class_path"), node.get("init_args")
    return None, None


def _missing(target: Node, found: Missing, rule: Rule) -> Finding:
    near = nearest(found.name, found.known)
    edits = []
    if near is not None and isinstance(target.value, str) and target.style == "plain":
        edits = [scalar_edit(target, target.value.replace(f".{found.name}", f".{near}"))]
    return rule.finding(
        target.span, edits=edits, name=found.name, where=found.where, near=near or "the right one"
    )


def _unknown_arguments(node: Node, target: Target, rule: Rule) -> Iterator[Finding]:
    if target.parameters is None:
        return
    for entry in node.entries:
        key = entry.key.text
        if not key.startswith("_") and not entry.key.is_merge_key and key not in target.parameters:
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
            )
