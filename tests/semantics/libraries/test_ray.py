"""What is remote, and which values are ObjectRefs."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.libraries.ray import is_actor, is_object_ref, submits
from tests.reading import marked

CODE = """
import ray
from elsewhere import task, Other

@ray.remote
def f(x):
    return x

@ray.remote(num_returns=2)
def pair(x):
    return x, x

@ray.remote
def stream(x):
    yield x

def plain(x):
    return x

@ray.remote(num_cpus=1)
class Worker:
    def run(self, x):
        return x

    def each(self, x):
        yield x

class Pool:
    def __init__(self):
        self.worker = Worker.remote()

    def go(self, x):
        wrapped = ray.remote(plain)
        workers = [Worker.remote() for _ in range(3)]
        one, *_ = workers
        here(EXPRESSION)
"""


@pytest.mark.parametrize(
    ("expression", "ref", "actor", "submitted"),
    [
        ("f.remote(x)", True, False, True),
        ("f.options(num_cpus=2).remote(x)", True, False, True),
        ("f.options(num_returns=2).remote(x)", False, False, True),
        ("f.options(**x).remote(x)", False, False, True),
        ("wrapped.remote(x)", True, False, True),
        ("ray.remote(num_cpus=1)(plain).remote(x)", True, False, True),
        ("ray.put(x)", True, False, False),
        ("pair.remote(x)", False, False, True),
        ("stream.remote(x)", False, False, True),
        ("task.remote(x)", False, False, True),
        ("x.remote(x)", False, False, True),
        ("f(x)", False, False, False),
        ("ray.remote(plain)", False, False, False),
        ("Worker.remote()", False, True, True),
        ("Other.remote()", False, False, True),
        ("self.worker", False, True, False),
        ("self.worker.run.remote(x)", True, False, True),
        ("self.worker.each.remote(x)", False, False, True),
        ("self.worker.unknown.remote(x)", False, False, True),
        ("f.remote(x) if x else f.remote(1)", True, False, False),
        ("f.remote(x) if x else None", False, False, False),
    ],
)
def test_values(expression: str, ref: bool, actor: bool, submitted: bool) -> None:
    scope, node = marked(CODE.replace("EXPRESSION", expression))
    value = scope.value(node)
    assert (is_object_ref(scope, value), is_actor(scope, value), submits(value)) == (ref, actor, submitted)
