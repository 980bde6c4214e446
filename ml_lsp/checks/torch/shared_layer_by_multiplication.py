"""See rules/torch/shared-layer-by-multiplication.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics import library
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import comment_near
from ml_lsp.semantics.torch.modules import has_state
from ml_lsp.semantics.torch.objects import enclosing_class
from ml_lsp.semantics.torch.repeating import Repetition, repetitions
from ml_lsp.semantics.values import Param, Ref
from ml_lsp.text import Edit

_ON_PURPOSE = re.compile(r"shar|tied|tying|recurr|universal|albert|same|weight_sharing", re.IGNORECASE)


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report lists that hold one layer several times."""
    for scope in body.scopes:
        for found in repetitions(scope, rule.data["containers"]):
            layer = next((one for one in found.layers if _is_layer(scope, one)), None)
            if layer is not None and not _is_on_purpose(found):
                yield rule.finding(scope.span(found.node), edits=_made_anew(found), layer=scope.text(layer))


def _is_layer(scope: Scope, node: ast.expr) -> bool:
    """Whether what is repeated has weights; a parameter annotated as a module is taken to have some."""
    value = scope.value(node)
    if isinstance(value, Param) and scope.parameter_annotation(value.name) == Ref(library.MODULE):
        return True
    return has_state(scope, value)


def _is_on_purpose(found: Repetition) -> bool:
    scope = found.scope
    statement = scope.statement_of(found.node) or found.node
    own = enclosing_class(scope)
    block = scope.block_of(statement) if isinstance(statement, ast.stmt) else None
    said = (
        *(scope.text(b.node.test) for b in (block.chain() if block else ()) if isinstance(b.node, ast.If)),
        scope.text(statement),
        comment_near(scope, statement),
        scope.name,
        own.name if own is not None else "",
    )
    return any(_ON_PURPOSE.search(text) for text in said)


def _made_anew(found: Repetition) -> Iterator[Edit]:
    """`[X(...)] * n` to `[X(...) for _ in range(n)]`."""
    scope = found.scope
    if found.is_list and len(found.layers) == 1 and isinstance(found.layers[0], ast.Call):
        new = f"[{scope.text(found.layers[0])} for _ in range({scope.text(found.number)})]"
        yield Edit(scope.span(found.node), new)
