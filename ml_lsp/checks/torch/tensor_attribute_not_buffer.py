"""See rules/torch/tensor-attribute-not-buffer.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.attributes import Stored, is_looked_after, stored
from ml_lsp.semantics.torch.devices import CpuTensor, meets_device_tensor, moves_to_a_device
from ml_lsp.semantics.torch.forwards import runs_at_each_call
from ml_lsp.semantics.values import Const, Ref, Result, Value
from ml_lsp.text import Edit


def check(own: Class, rule: Rule) -> Iterator[Finding]:
    """Report constant tensors of a module that stay behind when the module moves."""
    if not own.is_a(library.MODULE) or is_test_code(own.scope) or not moves_to_a_device(own.scope.inquiry):
        return
    for found in stored(own):
        if found.scope.name != "__init__" or not _is_on_cpu(found, rule) or is_looked_after(own, found):
            continue
        for method in own.methods.values():
            if not runs_at_each_call(method):
                continue
            met = meets_device_tensor(method, CpuTensor(attribute=found.name, self_name=method.self_name))
            if met is not None:
                related = [Related(method.span(met), "here it meets a tensor on the module's device")]
                span = found.scope.span(found.statement)
                yield rule.finding(span, edits=_registered(found), related=related, name=found.name)
                break


def _is_on_cpu(found: Stored, rule: Rule) -> bool:
    """Whether a tensor with dimensions is made, and nothing says where."""
    value: Value = found.value
    while isinstance(value, Result):
        if isinstance(value.callee, Ref):
            name, given = value.callee.name, value.args
            if name in rule.data["steps"] and given:
                value = given[0]
                continue
            scalar = name == "torch.tensor" and bool(given) and isinstance(given[0], Const)
            flags = {key for key, _ in value.keywords}
            return (
                name in rule.data["factories"]
                and not scalar
                and not flags & {"device", "requires_grad", None}
            )
        owner = getattr(value.callee, "owner", None)
        if owner is None or getattr(value.callee, "name", "") not in rule.data["methods"]:
            return False
        value = owner
    return False


def _registered(found: Stored) -> Iterator[Edit]:
    """`self.a = t` to `self.register_buffer("a", t, persistent=False)`."""
    scope, statement = found.scope, found.statement
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
        text = scope.text(found.node)
        line = f'{scope.self_name}.register_buffer("{found.name}", {text}, persistent=False)'
        yield Edit(scope.span(statement), line)
