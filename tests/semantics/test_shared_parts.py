"""Values share their parts: what walks all ways to the leaves of a long chain never ends."""

from __future__ import annotations

from ml_lsp.semantics.torch.autograd import is_on_graph
from ml_lsp.semantics.torch.objects import is_tensor
from ml_lsp.semantics.values import Const, Op, Param, either, identity, substitute
from tests.reading import marked

CHAIN = "import torch\n\ndef f(y):\n    x = START\n" + "    x = x * x + f(x, x)\n" * 10 + "    here(x)\n"


def test_a_long_chain_of_assignments() -> None:
    scope, node = marked(CHAIN.replace("START", "torch.zeros(3)"))
    value = scope.value(node)
    assert is_tensor(scope, value)
    assert not is_on_graph(scope, value)
    assert either([value, value]) is value
    assert identity(value) == identity(scope.value(node))
    assert len(repr(value)) < 100_000


def test_gradients_go_through_a_long_chain() -> None:
    scope, node = marked(CHAIN.replace("START", "torch.zeros(3, requires_grad=True)"))
    assert is_on_graph(scope, scope.value(node))


def test_substitution_shares_parts_too() -> None:
    value: Op | Param = Param("x", "f")
    for _ in range(60):
        value = Op("+", (value, value))
    found = substitute(value, {Param("x", "f"): Const(1)}, depth=100)
    while isinstance(found, Op):
        assert found.operands[0] is found.operands[1]
        found = found.operands[0]
    assert found == Const(1)


def test_equal_values_written_apart() -> None:
    assert Op("+", (Const(1), Const(2))) == Op("+", (Const(1), Const(2)))
    assert Op("+", (Const(1), Const(2))) != Op("+", (Const(1), Const(3)))
    assert Op("+", (Const(1),)) != Const(1)
