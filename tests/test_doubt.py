"""What an edit puts in doubt."""

from __future__ import annotations

from pathlib import Path

from ml_lsp.doubt import Asked, Doubt, doubtful
from ml_lsp.semantics.module import module_of
from ml_lsp.semantics.questions import answer
from ml_lsp.syntax.segments import split


def doubt(before: str, after: str) -> Doubt:
    old, _ = module_of(split(before), Path("a.py"))
    new, change = module_of(split(after, old.split), Path("a.py"), old)
    return doubtful(old, new, change)


def test_methods_that_join_another_class() -> None:
    methods = "    def m(self):\n        return 1\n"
    before = f"class B:\n{methods}class A:\n{methods.replace('m(', 'n(')}"
    found = doubt(before, before.replace("class A:\n", "")).questions
    assert {("whole class", "A"), ("whole class", "B"), ("class", "B")} <= found


def test_names_that_are_only_used_stay_defined_where_they_were() -> None:
    before = "import torch\n\n\ndef f():\n    return torch.ones(1)\n"
    found = doubt(before, before.replace("ones", "zeros"))
    assert ("defines", "f") in found.questions and ("defines", "torch") not in found.questions
    words = {("mentions", word) for word in ("zeros", "ones", "f", "elsewhere")}
    assert found.about(Asked.of(words)) == words - {("mentions", "elsewhere")}


def test_who_only_names_a_function_does_not_rest_on_its_body() -> None:
    before = "def f(x):\n    return x\n\n\ndef g():\n    return f\n"
    old, _ = module_of(split(before), Path("a.py"))
    body, _ = module_of(split(before.replace("return x", "return -x"), old.split), Path("a.py"), old)
    gone, _ = module_of(
        split(before.replace("def f(x):\n    return x", "f = 1"), old.split), Path("a.py"), old
    )
    known = answer(old, ("binds", "f"))
    assert answer(body, ("binds", "f")) == known != answer(gone, ("binds", "f"))
    assert answer(body, ("defines", "f")) != answer(old, ("defines", "f"))


def test_who_names_a_variable_rests_on_its_text() -> None:
    before = "n = 1\n"
    old, _ = module_of(split(before), Path("a.py"))
    new, _ = module_of(split("n = 2\n", old.split), Path("a.py"), old)
    assert answer(old, ("binds", "n")) != answer(new, ("binds", "n"))


def test_words_asked_about_together_are_in_doubt_when_one_comes_or_goes() -> None:
    before = "import torch\n\n\ndef f(x):\n    return torch.ones(x)\n\n\ndef g():\n    return f(1)\n"
    losses = ("mentioned", "BCELoss", "NLLLoss")
    asked = Asked.of([losses])
    comes = doubt(before, before.replace("ones(x)", "nn.NLLLoss()"))
    goes = doubt(before.replace("ones(x)", "nn.NLLLoss()"), before)
    other = doubt(before, before.replace("ones", "zeros"))
    assert comes.about(asked) == goes.about(asked) == {losses}
    assert not comes.spares(asked) and not goes.spares(asked)
    assert other.spares(asked) and not other.about(asked)
