"""Code that is meant to fail: what stands under `pytest.raises(...)`, `self.assertRaises(...)` or alike."""

from __future__ import annotations

import ast

from ml_lsp.semantics.call import Call
from ml_lsp.syntax.trees import own_name


def expects_an_error(call: Call) -> bool:
    """Whether a test around the call expects an exception or a warning."""
    for block in call.block.chain():
        if isinstance(block.node, ast.With | ast.AsyncWith):
            for item in block.node.items:
                entered = item.context_expr
                func = entered.func if isinstance(entered, ast.Call) else entered
                name = own_name(func)
                if name in ("raises", "warns") or name.startswith("assertRaises"):
                    return True
    return False
