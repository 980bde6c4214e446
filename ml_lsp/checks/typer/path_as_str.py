"""See rules/typer/path-as-str.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import, replace_node
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.libraries.command_line import CommandParameter, Parameter, parameters, text_annotation
from ml_lsp.semantics.libraries.commands import is_command
from ml_lsp.semantics.libraries.local_paths import is_only_passed, path_use
from ml_lsp.semantics.values import Const


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report the parameters of a command that are text and used as paths of local files."""
    texts = [one for one in parameters(body.scope) if _text(one) is not None]
    if not texts or not is_command(body.scope):
        return
    for parameter in texts:
        name, written = parameter.node.arg, _text(parameter)
        use = path_use(body.scope, name) if not _is_spared(parameter, rule) else None
        if use is None or written is None or parameter.annotation is None:
            continue
        path, imports = add_import(body.scope.inquiry, "pathlib", "Path")
        edits = [replace_node(body.scope, written, path), *imports]
        if not is_only_passed(body.scope, name):
            edits = []
        # what is written to need not exist, and may be tested for not being there
        is_output = bool(re.search(rule.data["outputs"], name))
        message = rule.data["messages"]["written" if is_output else use.kind]
        span = body.scope.span(parameter.annotation)
        yield rule.finding(span, edits=edits, message=message, name=name, replacement=path)


def _text(parameter: Parameter) -> ast.expr | None:
    return (
        text_annotation(parameter.around, parameter.annotation) if parameter.annotation is not None else None
    )


def _is_spared(parameter: Parameter, rule: Rule) -> bool:
    """Whether the name, the default or a parser says that it may be something else than a local path."""
    if re.search(rule.data["others"], parameter.node.arg):
        return True
    if isinstance(parameter, CommandParameter):
        keywords = {keyword.arg for keyword in parameter.made.keywords}
        said = next((keyword.value for keyword in parameter.made.keywords if keyword.arg == "help"), None)
        if said is not None and re.search(rule.data["elsewhere"], parameter.around.text(said)):
            return True
        if not keywords.isdisjoint({None, "parser", "click_type"} | set(rule.data["checks"])):
            return True
    default = parameter.around.value(parameter.default) if parameter.default is not None else None
    text = default.value if isinstance(default, Const) else None
    return isinstance(text, str) and (text == "-" or "://" in text or "*" in text)
