"""See rules/config/flat-hyperparameter-init.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.libraries.lightning import is_lightning_module
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.signatures import with_defaults
from ml_lsp.semantics.values import Ref


def check(class_: Class, rule: Rule) -> Iterator[Finding]:
    """Report a LightningModule whose constructor takes many hyperparameters one by one."""
    init = class_.methods.get("__init__")
    if init is None or not isinstance(init.node, ast.FunctionDef) or init.node.args.kwarg is not None:
        return
    if any("deprecated" in ast.unparse(mark) for mark in class_.node.decorator_list):
        return  # nobody rebuilds what is about to go
    _, *parameters = with_defaults(init.node.args)  # without `self`
    count = sum(_is_scalar(init, argument, default, rule) for argument, default in parameters)
    if count < rule.data["most"] or not is_lightning_module(class_) or _is_built_from_config(class_, rule):
        return
    yield rule.finding((init.parent or init).name_span(init.node), count=count)


def _is_scalar(init: Scope, argument: ast.arg, default: ast.expr | None, rule: Rule) -> bool:
    """Whether a parameter is a number, text or switch by its annotation, else by its default."""
    if argument.annotation is not None:
        names = {name for node in ast.walk(argument.annotation) for name in [_name(init, node)] if name}
        return bool(names) and names <= set(rule.data["scalars"]) and names != {"typing.Optional"}
    return isinstance(default, ast.Constant) and default.value is not None


def _name(init: Scope, node: ast.AST) -> str | None:
    value = (init.parent or init).value(node) if isinstance(node, ast.Name | ast.Attribute) else None
    return value.name if isinstance(value, Ref) else None if value is None else "?"


def _is_built_from_config(class_: Class, rule: Rule) -> bool:
    """Whether the arguments are keys of a config file: with LightningCLI, or Hydra's `_target_`."""
    inquiry = class_.scope.inquiry
    words = rule.data["interfaces"]
    if any(map(inquiry.mentions, words)) or any(True for _ in inquiry.modules(*words)):
        return True
    return any(
        class_.name in file.words and file.words & {"_target_", "class_path"} for file in inquiry.configs()
    )
