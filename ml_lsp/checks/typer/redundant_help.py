"""See rules/typer/redundant-help.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import remove_argument
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.libraries.command_line import CommandParameter, command_parameters

_SHORTEST, _LONGEST = 25, 200
# A unit, range, default, example or list says more than the name does.
_SAYS_MORE = re.compile(r"[\d(,:;=<>/\[]")


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report help texts that repeat the name of their option, and those that fill the screen."""
    for parameter in command_parameters(body.scope):
        node = next((keyword.value for keyword in parameter.made.keywords if keyword.arg == "help"), None)
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        # the indentation of a line that is continued inside the quotes is no text
        name, text = parameter.node.arg, re.sub(r" {2,}", " ", node.value)
        if len(text) > _LONGEST and "\n" not in text:
            message = rule.data["messages"]["long"]
            yield rule.finding(body.scope.span(node), message=message, name=name, number=len(text))
        elif len(text) > _SHORTEST and _repeats(parameter, text, frozenset(rule.data["empty"])):
            call = parameter.around.call_of(parameter.made)
            edits = [remove_argument(call, node)] if call is not None else []
            yield rule.finding(body.scope.span(node), edits=edits, name=name)


def _repeats(parameter: CommandParameter, text: str, empty: frozenset[str]) -> bool:
    """Whether all words of a text are in the name or the type of a parameter, but for those that say nothing."""
    if _SAYS_MORE.search(text):
        return False
    annotation = parameter.annotation
    known = _words(parameter.node.arg) | _words(parameter.around.text(annotation) if annotation else "")
    said = {word for word in re.findall(r"[a-z]+", text.lower()) if word not in empty}
    return bool(said) and {_singular(word) for word in said} - empty <= known


def _words(name: str) -> set[str]:
    return {_singular(word) for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)} | {
        _singular(word) for word in name.lower().split("_")
    }


def _singular(word: str) -> str:
    word = word.lower()
    return word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word
