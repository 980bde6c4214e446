"""What a loop derives from a value."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.body import loops_of
from ml_lsp.semantics.torch.carried import Derived
from tests.semantics.bodies import function


def derived(*lines: str) -> Derived:
    """What the loop in a method derives from `get()`."""
    body = "".join(f"            {line}\n" for line in lines)
    scope = function(f"class A:\n    def f(self, xs, w, out):\n        for x in xs:\n{body}")
    (call,) = (call for call in scope.calls if scope.text(call.node.func) == "get")
    return Derived(next(loops_of(scope)), call.node)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["out.append(get())"], {("out",)}),
        (["v = get()", "w = w + v"], {("v",), ("w",)}),
        (["w = z", "z = get()"], {("z",), ("w",)}),
        (["self.w = get()", "v = self.w"], {("self", "w"), ("v",)}),
        (["w[0] = get()"], {("w",)}),
        (["if get() > 1: w = 2"], {("w",)}),
        (["for y in get(): out.append(1)"], {("y",)}),
        (["v = x", "print(get())"], set()),
    ],
)
def test_names(lines: list[str], names: set[tuple[str, ...]]) -> None:
    assert derived(*lines).names == names


@pytest.mark.parametrize(
    ("lines", "decides"),
    [
        (["if get() > 1: break"], True),
        (["v = get()", "if v:", "    return v"], True),
        (["yield get()"], True),
        (["if x: break", "out.append(get())"], False),
        (["for y in x:", "    if y: break", "v = get()"], False),
    ],
)
def test_decides(lines: list[str], decides: bool) -> None:
    assert derived(*lines).decides() is decides
