"""See rules/typer/hyperparameter-defaults-in-cli.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.config.config_merges import named_configs
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
    path = body.scope.inquiry.module.path
    if re.search(rule.data["trying"], "/".join((*path.parts[-3:], body.scope.name)), re.IGNORECASE):
        return
    config = _configuration(body, given, rule)
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


def _configuration(body: Body, given: tuple[Parameter, ...], rule: Rule) -> str | None:
    """The parameter that holds a configuration, or the file that the module names; None if there is neither."""
    named = re.compile(rule.data["configs"], re.IGNORECASE)
    for parameter in given:
        if named.fullmatch(parameter.node.arg):
            return parameter.node.arg
    files = [file for file in named_configs(body.scope.inquiry) if file.language == "yaml"]
    return files[0].path.name if files else None
