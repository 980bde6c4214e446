"""Transformers that learn from data, and the calls that fit them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.values import Const, Display, Ref, Result, Value

_PIPELINE, _MAKE_PIPELINE = "sklearn.pipeline.Pipeline", "sklearn.pipeline.make_pipeline"


@dataclass(frozen=True)
class Known:
    """Which classes are transformers with a state: dotted names of classes, or of modules that hold them."""

    stateful: Collection[str]
    stateless: Collection[str]

    def is_stateful(self, name: str) -> bool:
        """Whether a class learns from the data it is fitted on."""
        return name not in self.stateless and (
            name in self.stateful or name.rpartition(".")[0] in self.stateful
        )


@dataclass(frozen=True, eq=False)
class Fit:
    """A call that fits a transformer: `made` is the call that constructed it, `data` what it learns from."""

    call: Call
    made: Result
    data: ast.expr

    @property
    def name(self) -> str:
        """The dotted name of the transformer's class."""
        return self.made.callee.name if isinstance(self.made.callee, Ref) else ""

    @property
    def short_name(self) -> str:
        """The class's name: `StandardScaler`."""
        return self.name.rpartition(".")[2]


def fits(body: Body, methods: Collection[str], known: Known) -> Iterator[Fit]:
    """The calls in a body that fit a transformer with a state, in order."""
    for call in body.calls:
        if call.method in methods and call.receiver is not None and call.node.args:
            made = constructions(call.scope, call.receiver)
            data = call.node.args[0]
            if len(made) == 1 and not isinstance(data, ast.Starred) and _learns(made[0], known):
                yield Fit(call, made[0], data)


def _learns(made: Result, known: Known) -> bool:
    """Whether a transformer learns: it has a state, or is a pipeline that ends in one that has."""
    match made:
        case Result(Ref(name), (Display("list", (*_, Display("tuple", (_, last)))), *_)) if name == _PIPELINE:
            return _is_learning(last, known)
        case Result(Ref(name), (*_, last)) if name == _MAKE_PIPELINE:
            return _is_learning(last, known)
    return _is_learning(made, known)


def _is_learning(value: Value, known: Known) -> bool:
    if not isinstance(value, Result) or not isinstance(value.callee, Ref):
        return False
    told = value.keyword("categories") not in (None, Const("auto"))
    return known.is_stateful(value.callee.name) and not told
