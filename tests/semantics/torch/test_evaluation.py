"""Evaluations: what they run over, which calls run models, where autograd is off, where graphs go."""

from __future__ import annotations

import ast

import pytest

from ml_lsp.semantics.body import Body, ModuleView
from ml_lsp.semantics.callers import sighted_callers
from ml_lsp.semantics.library import ancestry
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.torch.evaluation import Signs, evaluations
from ml_lsp.semantics.torch.graph import escapes
from ml_lsp.semantics.torch.guards import callers_guard, is_unguarded
from ml_lsp.semantics.torch.loaders import is_evaluation, iterations, says_evaluation
from ml_lsp.semantics.values import Attr
from tests.semantics.bodies import body, function, inquiry, scope_named

WORDS = frozenset({"val", "valid", "test", "eval", "dev"})
SIGNS = Signs(("validate", "evaluate", "predict"), WORDS)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("val_loader", True),
        ("testloader", True),
        ("evalData", True),
        ("dev_iter", True),
        ("valset", True),
        ("train_loader", False),
        ("values", False),
        ("latest", False),
        ("evaluate", False),
    ],
)
def test_names_that_say_evaluation(name: str, says: bool) -> None:
    assert says_evaluation(name, WORDS) is says


@pytest.mark.parametrize(
    ("lines", "runs_over_evaluation"),
    [
        ("for x in tqdm(enumerate(val_loader)): pass", True),
        ("with tqdm(test_dl) as bar:\n        for x in bar: pass", True),
        ("loader = make(dev_set)\n    for x in loader: pass", True),
        ("[x for x in loaders['test']]", True),
        ("for x in self.val_dataloader(): pass", True),
        ("for i in range(len(test_set)): pass", False),
        ("for x in train_loader: pass", False),
    ],
)
def test_loops_over_evaluation_data(lines: str, runs_over_evaluation: bool) -> None:
    scope = function(
        f"def f(self, val_loader, test_dl, dev_set, loaders, test_set, train_loader):\n    {lines}\n"
    )
    assert any(is_evaluation(found, WORDS) for found in iterations(scope)) is runs_over_evaluation


def runs(text: str, name: str = "f") -> list[list[str]]:
    found = evaluations(body(text, name), SIGNS)
    return [[ast.unparse(act.call.node) for act in one.runs] for one in found]


def test_models_are_known_by_class_and_by_what_is_done_with_them() -> None:
    text = """
    import torch
    from torch import nn
    from zoo import Net

    def f(typed: nn.Module, treated, other, loss: nn.CrossEntropyLoss, val_loader):
        treated.eval()
        made = Net()
        made.load_state_dict(torch.load("x"))
        for x in val_loader:
            loss(typed(x), treated(x) + made(x) + other(x))
    """
    assert runs(text) == [["typed(x)", "treated(x)", "made(x)"]]


def test_a_training_function_is_evaluation_in_its_loops_over_held_out_data_only() -> None:
    text = """
    from torch import nn
    def f(model: nn.Module, optimizer, train_loader, val_loader):
        model.eval()
        for x in train_loader:
            model(x).backward()
            optimizer.step()
        for y in val_loader:
            model(y)
        model(z)
    """
    assert runs(text) == [["model(y)"]]


@pytest.mark.parametrize("name", ["forward", "training_step"])
def test_methods_that_training_calls_are_no_evaluations(name: str) -> None:
    assert runs(f"def {name}(self, val_loader):\n    self.eval()\n    return self(val_loader)\n", name) == []


GUARDS = """
import torch
def bare(model): model(1)
def with_block(model):
    with torch.autocast("cpu"), torch.no_grad():
        model(1)
@torch.inference_mode()
def decorated(model): model(1)
def switched(model):
    torch.set_grad_enabled(False)
    model(1)
def stacked(model, stack):
    stack.enter_context(torch.no_grad())
    model(1)
def named(model, inference_context):
    with inference_context():
        model(1)
def enabled(model):
    with torch.enable_grad():
        model(1)
class Quiet:
    def __enter__(self):
        self.off = torch.no_grad()
        self.off.__enter__()
class Timed:
    def __enter__(self):
        self.start = now()
def quietly(function):
    def run(*given):
        with torch.no_grad():
            return function(*given)
    return run
def in_own_context(model):
    with Quiet():
        model(1)
def in_other_context(model):
    with Timed():
        model(1)
@quietly
def own_decorator(model): model(1)
"""


@pytest.mark.parametrize(
    ("name", "unguarded"),
    [
        ("bare", True),
        ("with_block", False),
        ("decorated", False),
        ("switched", False),
        ("stacked", False),
        ("named", False),
        ("enabled", True),
        ("in_own_context", False),
        ("in_other_context", True),
        ("own_decorator", False),
    ],
)
def test_ways_of_guarding(name: str, unguarded: bool) -> None:
    scope = function(GUARDS, name)
    assert is_unguarded(Act(scope.calls[-1])) is unguarded


def test_callers_guard_only_if_all_do() -> None:
    found = inquiry(
        """
        import torch
        def one(model): model(1)
        def two(model): model(1)
        def deep(model): one(model)
        @torch.no_grad()
        def caller(model):
            deep(model)
            two(model)
        def other(model):
            two(model)
        """
    )
    assert callers_guard(scope_named(found, "one"))
    assert not callers_guard(scope_named(found, "two"))
    assert not callers_guard(scope_named(found, "caller"))


def test_calls_by_name_on_unknown_objects_are_possible_callers() -> None:
    found = inquiry(
        """
        class A:
            def run(self): pass
            def again(self): self.run()
        def f(thing): thing.run()
        """
    )
    certain, possible = sighted_callers(scope_named(found, "run"))
    assert [call.scope.name for call in certain] == ["again"]
    assert [call.scope.name for call in possible] == ["f"]


@pytest.mark.parametrize(
    ("lines", "leaves"),
    [
        ("return model(x)", True),
        ("return model(x).argmax(1)", False),
        ("return model(x).max(1)[1]", False),
        ("return float(model(x)), (model(x) > 0).sum()", False),
        ("out = []\n    out.append(model(x))\n    return torch.cat(out)", True),
        ("out = []\n    out.append(model(x).item())\n    return out", False),
        ("total = 0\n    total += model(x)\n    return total / 2", True),
        ("self.last = model(x)", True),
        ("print(model(x))", False),
        ("yield model(x)", True),
    ],
)
def test_where_graphs_go(lines: str, leaves: bool) -> None:
    scope = function(f"import torch\ndef f(self, model, x):\n    {lines}\n")
    sources = {call.node for call in scope.calls if ast.unparse(call.node.func) == "model"}
    assert escapes(scope, sources) is leaves


def test_models_of_transformers_are_modules() -> None:
    assert "torch.nn.Module" in ancestry("transformers.PreTrainedModel")
    assert "torch.nn.Module" in ancestry("transformers.BertForSequenceClassification")


def test_a_script_is_judged_as_one_body() -> None:
    view = ModuleView(
        inquiry(
            "import torch\nmodel = torch.nn.Linear(1, 1)\nmodel.eval()\nfor x in test_set:\n    model(x)\n"
        )
    )
    assert isinstance(view.top_level, Body)
    (found,) = evaluations(view.top_level, SIGNS)
    assert [ast.unparse(act.call.node) for act in found.runs] == ["model(x)"]


def test_a_module_that_is_called_is_the_self_of_its_forward() -> None:
    scope = function(
        """
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                self.inner = nn.Linear(1, 1)
            def forward(self, x):
                return self.inner(x)
        def f(x):
            net = Net()
            net(x)
            net.forward(x)
        """
    )
    net = scope.value(scope.calls[1].node.func)
    inner = [act for act in acts(scope.calls) if act.through]
    assert [act.in_body(act.call.callee) for act in inner] == [Attr(net, "inner")] * 2
