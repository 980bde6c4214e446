"""See rules/typer/run-instead-of-app.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.fixes import insert_before
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.command_line import command_parameters
from ml_lsp.semantics.libraries.entry_points import script_of_function
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.values import Const, Global, Param
from ml_lsp.text import Edit

_FEWEST = 2


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report `typer.run` in a module that has more than one thing to run."""
    first = call.node.args[0] if call.node.args else None
    inquiry = call.scope.inquiry
    if not isinstance(first, ast.Name) or is_test_code(call.scope):
        return
    if "examples" in inquiry.module.path.parts[-4:] or not isinstance(call.scope.value(first), Global):
        return
    command = inquiry.function(first.id)
    if command is None:
        return
    sign = _other_command(command) or _mode(command, rule) or _script(call)
    if sign is not None:
        yield rule.finding(call.span, edits=_as_app(call, command), related=[sign], name=first.id)


def _other_command(command: Scope) -> Related | None:
    """Another function of the module with options of Typer's."""
    inquiry = command.inquiry
    for piece in sorted({*inquiry.pieces("mentions", "Option"), *inquiry.pieces("mentions", "Argument")}):
        for scope in inquiry.piece_scope(piece).functions():
            if scope.node is not command.node and not scope.decorators and not scope.is_method:
                found = next(command_parameters(scope), None)
                if found is not None:
                    return scope.related(found.node, f"`{scope.name}` has options too")
    return None


def _mode(command: Scope, rule: Rule) -> Related | None:
    """A parameter that chooses between several things to do."""
    choices: dict[str, set[str]] = {}
    for node in nodes(command):
        match node:
            case ast.Compare(left=ast.Name() as left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
                if _is_parameter(command, left, rule) and _is_choice(command, right):
                    choices.setdefault(left.id, set()).add(command.text(right))
            case ast.Compare(
                left=ast.Name() as left,
                ops=[ast.In()],
                comparators=[ast.Tuple() | ast.List() | ast.Set() as listed],
            ):
                if _is_parameter(command, left, rule) and all(
                    _is_choice(command, one) for one in listed.elts
                ):
                    choices.setdefault(left.id, set()).update(map(command.text, listed.elts))
            case ast.Match(subject=ast.Name() as left, cases=cases) if _is_parameter(command, left, rule):
                choices[left.id] = {command.text(case.pattern) for case in cases} - {"_"}
    found = next((name for name, texts in choices.items() if len(texts) >= _FEWEST), None)
    argument = next((d.node for d in command.flow.definitions.get(found or "", ())), None)
    return command.related(argument, f"`{found}` chooses what to do") if argument is not None else None


def _is_parameter(command: Scope, node: ast.Name, rule: Rule) -> bool:
    return node.id in rule.data["modes"] and isinstance(command.value(node), Param)


def _is_choice(command: Scope, node: ast.expr) -> bool:
    """A text, or a member of an enum: `"train"`, `Mode.train`."""
    value = command.value(node)
    return (isinstance(value, Const) and isinstance(value.value, str)) or isinstance(node, ast.Attribute)


def _script(call: Call) -> Related | None:
    """The command that the project installs and that runs this call."""
    if not call.scope.is_function:
        return None
    script = script_of_function(call.scope.inquiry, call.scope.name)
    return Related(script.span, f"installed as `{script.name}`", script.file) if script is not None else None


def _as_app(call: Call, command: Scope) -> Iterator[Edit]:
    """Make an app of the command, where its name is free."""
    node, typer = command.node, call.scope.text(call.node.func).rpartition(".")[0]
    taken = command.inquiry.mentions("app")
    if taken or not typer or not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return
    assert command.parent is not None, "a function stands in a scope"
    yield insert_before(command.parent, node, f"app = {typer}.Typer()")
    yield insert_before(command.parent, node, "")
    yield insert_before(command.parent, node, "@app.command()")
    yield Edit(call.span, "app()")
