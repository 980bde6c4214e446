"""See rules/typer/hyperparameter-defaults-in-cli.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.classes import class_of_name
from ml_lsp.semantics.config.config_merges import named_configs
from ml_lsp.semantics.config.config_roles import is_parameter_file, is_written_by_program
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.dataclass_fields import is_dataclass, stated_fields
from ml_lsp.semantics.libraries.command_line import CommandParameter, Parameter, parameters
from ml_lsp.semantics.libraries.commands import is_command
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.values import Const

_FEWEST = 3


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report a command that has defaults for hyperparameters beside those of a configuration file."""
    names = re.compile(rule.data["hyperparameters"], re.IGNORECASE)
    given = tuple(parameters(body.scope))
    found = [one for one in given if names.fullmatch(one.node.arg) and _states_a_value(one)]
    if len(found) < _FEWEST or is_test_code(body.scope) or not is_command(body.scope):
        return
    if not body.scope.inquiry.module.tables.libraries.isdisjoint(rule.data["reconciling"]):
        return
    path = body.scope.inquiry.module.path
    if re.search(rule.data["trying"], "/".join((*path.parts[-3:], body.scope.name)), re.IGNORECASE):
        return
    config = _configuration(body, given, found, rule)
    first = found[0].default
    if config is not None and first is not None:
        related = [
            body.scope.related(one.default, "and here") for one in found[1:] if one.default is not None
        ]
        yield rule.finding(body.scope.span(first), related=related, number=len(found), config=config)


def _states_a_value(parameter: Parameter) -> bool:
    """Whether a parameter has a number or text as its default, that no environment variable replaces."""
    settings = parameter.made.keywords if isinstance(parameter, CommandParameter) else []
    if any(keyword.arg in (None, "envvar", "default_factory") for keyword in settings):
        return False
    value = parameter.around.value(parameter.default) if parameter.default is not None else None
    return isinstance(value, Const) and type(value.value) in (int, float, str) and value.value != ""


def _configuration(
    body: Body, given: tuple[Parameter, ...], found: list[Parameter], rule: Rule
) -> str | None:
    """What else holds hyperparameters: a parameter, a file or a dataclass by name; None if there is nothing."""
    named = re.compile(rule.data["configs"], re.IGNORECASE)
    for parameter in given:
        if named.fullmatch(parameter.node.arg):
            return parameter.node.arg
    files = [file for file in named_configs(body.scope.inquiry) if file.language == "yaml"]
    files += [file for file in body.scope.inquiry.configs() if _is_of_training(file, rule)]
    if files:
        return files[0].path.name
    return _dataclass(body, {parameter.node.arg for parameter in found})


def _is_of_training(file: ConfigFile, rule: Rule) -> bool:
    """Whether a file of the workspace is the configuration of a training, by its place and its keys."""
    if not is_parameter_file(file) or is_written_by_program(file):
        return False
    keys = {entry.key.text for _, node in file.walk() for entry in node.entries}
    return any(re.fullmatch(rule.data["keys"], key) for key in keys)


def _dataclass(body: Body, names: set[str]) -> str | None:
    """The dataclass that the command makes and that has values of its own for some of the same names."""
    for call in body.calls:
        own = class_of_name(call.scope, call.callee)
        fields = stated_fields(own) if own is not None and is_dataclass(own) else ()
        if own is not None and any(
            name in names and default is not None and isinstance(where.value(default), Const)
            for where, name, default in fields
        ):
            return own.name
    return None
