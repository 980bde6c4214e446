"""See rules/torch/heavy-io-in-getitem.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.datasets import is_map_style
from ml_lsp.semantics.torch.fixed import happens_always, is_fixed
from ml_lsp.semantics.values import Result


def check(own: Class, rule: Rule) -> Iterator[Finding]:
    """Report the reading of one and the same file for each sample."""
    method = own.methods.get("__getitem__") if is_map_style(own) else None
    arguments = getattr(method.node, "args", None) if method is not None else None
    if method is None or arguments is None or is_test_code(own.scope):
        return
    index = arguments.args[1].arg if len(arguments.args) == 2 else ""
    if index not in method.flow.loads_of:  # samples drawn at random
        return
    for act in acts(method.calls):
        here = act.call.scope.inquiry is own.scope.inquiry
        reads = act.call.name in rule.data["readers"] and here
        if reads and _reads_the_same(own, act) and happens_always(act):
            yield rule.finding(act.call.span, reader=act.call.scope.text(act.call.node.func))
            return


def _reads_the_same(own: Class, act: Act) -> bool:
    """Whether a call reads all of a file that does not depend on the index."""
    value = act.call.value
    if not isinstance(value, Result) or value.keyword("mmap_mode") is not None or _is_entered(act.call):
        return False
    given = [act.in_body(part) for part in (*value.args, *(item for _, item in value.keywords))]
    return bool(given) and all(is_fixed(own, part) for part in given)


def _is_entered(call: Call) -> bool:
    """Whether `with` closes what a call opens: a handle, of which only what is asked for is read."""
    withs = (node for node in call.scope.flow.blocks if isinstance(node, ast.With))
    return any(item.context_expr is call.node for node in withs for item in node.items)
