"""See rules/config/hydra-config-not-found.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.body import body_of
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.hydra import (
    Stored,
    defaults,
    files_below,
    has_search_path,
    root_beside,
    root_of,
    roots,
    stored,
)
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.project import Project
from ml_lsp.semantics.values import Const


def check(subject: Call | ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report entry points and defaults lists that name configuration which is not there."""
    if isinstance(subject, Call):
        yield from (
            _of_compose(subject, rule) if subject.name == "hydra.compose" else _of_entry_point(subject, rule)
        )
    else:
        yield from _of_defaults(subject, rule)


def _of_entry_point(call: Call, rule: Rule) -> Iterator[Finding]:
    call.scope.inquiry.configs()  # what is said here rests on them
    project, name = call.scope.inquiry.project, call.constant(1, "config_name")
    if project is None or project.files is None or has_search_path(project) or call.has_unpacking:
        return
    if isinstance(name, str) and any(one.name in (name, None) for one in stored(project)):
        return
    path, node = call.argument_value(0, "config_path"), call.argument(0, "config_path")
    if path is None:
        yield from _without_path(call, name, project, rule)
    elif isinstance(path, Const) and isinstance(path.value, str) and node is not None:
        root = root_beside(call.scope.inquiry.module.path, path.value)
        inside = files_below(root, project)
        if root is not None and not inside:
            message = rule.data["messages"]["folder"]
            yield rule.finding(call.scope.span(node), message=message, what=path.value)
        elif root is not None and isinstance(name, str):
            yield from _missing_file(call, name, inside, rule)


def _of_compose(call: Call, rule: Rule) -> Iterator[Finding]:
    """A name that is not below the folder which the same code has just named."""
    call.scope.inquiry.configs()  # what is said here rests on them
    project, name = call.scope.inquiry.project, call.constant(0, "config_name")
    before = [
        one for one in body_of(call.scope).calls if one.name == "hydra.initialize" and one.when < call.when
    ]
    path = before[-1].constant(0, "config_path") if before else None
    if project is None or project.files is None or has_search_path(project) or not isinstance(path, str):
        return
    root = root_beside(call.scope.inquiry.module.path, path)
    inside = files_below(root, project)
    if not inside or not isinstance(name, str) or any(one.name in (name, None) for one in stored(project)):
        return
    yield from _missing_file(call, name, inside, rule)


def _missing_file(call: Call, name: str, inside: set[str], rule: Rule) -> Iterator[Finding]:
    place = 0 if call.name == "hydra.compose" else 1
    node, stem = call.argument(place, "config_name"), name.removesuffix(".yaml")
    if node is not None and f"{stem}.yaml" not in inside:
        other = f"{stem.removesuffix('.yml')}.yml"
        message = rule.data["messages"]["suffix" if other in inside else "name"]
        yield rule.finding(call.scope.span(node), message=message, what=name, other=other)


def _without_path(call: Call, name: object, project: Project, rule: Rule) -> Iterator[Finding]:
    """`config_name` alone: with `version_base=None` or from 1.2 on, no folder is searched."""
    if call.name != "hydra.main" or not isinstance(name, str):
        return
    base = call.argument_value(None, "version_base")
    if not isinstance(base, Const) or base.value == "1.1":
        return
    here = call.scope.inquiry.module.path.parent
    stem = f"{name.removesuffix('.yaml')}.yaml"
    folders = sorted(
        {file.parent.relative_to(here).as_posix() for file in project.config_files
         if file.name == stem and file.is_relative_to(here)}, key=len,
    )  # fmt: skip
    edits = [add_argument(call, f'config_path="{folders[0]}"')] if folders else []
    message = rule.data["messages"]["path"]
    yield rule.finding(call.span, edits=edits, message=message, what=name, folder=(folders or ["."])[0])


def _of_defaults(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    root, project = root_of(file), file.project
    if file.language != "yaml" or root is None or project is None or has_search_path(project):
        return
    own = file.path.relative_to(root).parts[:-1]
    if "hydra" in own:
        return
    known, registered = set(project.config_files), stored(project)
    for entry in defaults(file, root):
        if entry.is_optional or _is_stored(entry.group, entry.option, registered):
            continue
        if not any(there / f"{entry.path}.yaml" in known for there in roots(project)):
            message = rule.data["messages"]["option"]
            yield rule.finding(entry.node.span, message=message, what=f"{entry.path}.yaml", folder=root.name)


def _is_stored(group: str, option: str, registered: frozenset[Stored]) -> bool:
    return any(
        one.name is None or one.group == group or (not group and one.name == option) for one in registered
    )
