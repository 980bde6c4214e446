"""Held-out data: which datasets and loaders are for validation or test, as the names they go by say."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import pairwise

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.loaders import names, says_evaluation
from ml_lsp.semantics.values import Const, Result, Value, options

_HELD_OUT = frozenset(
    {"val", "valid", "validation", "test", "testing", "eval", "evaluation", "dev", "holdout"}
)
_TRAINED_ON = frozenset({"train", "training", "trn", "finetune"})
_SPLITS = frozenset({"val", "valid", "validation", "test", "dev", "eval"})


def side(found: Iterable[str]) -> bool | None:
    """What names say: True for held-out data, False for data trained on, None if nothing or both."""
    words = [name for name in found if name]
    held_out = any(says_evaluation(name, _HELD_OUT) for name in words)
    trained_on = any(says_evaluation(name, _TRAINED_ON) for name in words)
    return held_out if held_out != trained_on else None


def says_train(found: Iterable[str]) -> bool:
    """Whether some name speaks of training."""
    return any(says_evaluation(name, _TRAINED_ON) for name in found)


def purposes(scope: Scope, node: ast.expr) -> Iterator[str]:
    """The names under which an expression is kept or passed on: of a variable, a key, a keyword, a function."""
    statement = scope.statement_of(node)
    path = list(_path(statement, node)) if statement is not None else []
    for outer, inner in pairwise(path):
        match outer:
            case ast.keyword(arg=str(name)):
                yield name
            case ast.Dict(keys=keys, values=values) if inner in values:
                key = keys[values.index(inner)]
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value
            case ast.Assign(targets=targets, value=ast.Tuple(elts=parts)) if len(path) > 2:
                yield from _aligned(targets, parts, path[2])
            case ast.Assign(targets=targets):
                yield from (name for target in targets for name in _written(target))
            case ast.AnnAssign(target=target):
                yield from _written(target)
            case ast.Return(value=value) if not isinstance(value, ast.Tuple | ast.Dict | ast.List):
                yield scope.name


def _path(root: ast.AST, node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that lead from a statement to an expression in it, both ends included."""
    yield root
    if root is not node:
        for child in ast.iter_child_nodes(root):
            if any(inner is node for inner in ast.walk(child)):
                yield from _path(child, node)
                return


def _aligned(targets: list[ast.expr], parts: list[ast.expr], part: ast.AST) -> Iterator[str]:
    """The names that one part of a tuple is assigned to."""
    for target in targets:
        if isinstance(target, ast.Tuple) and len(target.elts) == len(parts) and part in parts:
            yield from _written(target.elts[parts.index(part)])


def _written(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            yield name


def stated_side(dataset: Value) -> bool | None:
    """Whether the call that makes a dataset asks for held-out data: `train=False`, `split="test"`."""
    if not isinstance(dataset, Result):
        return None
    match dataset.keyword("train"), dataset.keyword("split"):
        case Const(bool(trained_on)), _:
            return not trained_on
        case _, Const(str(name)):
            return True if name in _SPLITS else False if name == "train" else None
    return None


def _side_of_data(scope: Scope, node: ast.expr | None, value: Value | None) -> bool | None:
    """Whether a dataset is held-out data, as the call that makes it says, else as its names say."""
    stated = {stated_side(option) for option in options(value)} if value is not None else {None}
    if stated != {None}:
        return stated.pop() if len(stated) == 1 else None
    return side(names(scope, node)) if node is not None else None


def is_held_out(loader: Call) -> bool | None:
    """Whether a loader call is for held-out data: as the name it goes by says, else as its dataset says."""
    goes_by = list(purposes(loader.scope, loader.node))
    said = side(goes_by)
    given = loader.argument_value(0, "dataset")
    of_data = _side_of_data(loader.scope, loader.argument(0, "dataset"), given)
    if said is None:
        return None if says_train(goes_by) else of_data
    return said if of_data in (None, said) else None
