"""Which side of a train-test split some data are on: by flow out of the split, or by a pair of names."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Const, Item, Ref, Result, Value, identity

Side = Literal["train", "test"]

SPLITTER = "sklearn.model_selection.train_test_split"
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d]+")
# xtrain, ytest: a letter and the side without anything between them.
_GLUED = re.compile(r"(?<![A-Za-z])([XxYy])(train|test|val|valid)(?![a-z])")


@dataclass(frozen=True)
class Part:
    """Data on one side of a split. Two parts with the same `of` are the two sides of the same data."""

    side: Side
    of: object


def part_by_flow(value: Value) -> Part | None:
    """The side that data are on if they come straight out of `train_test_split`."""
    match value:
        case Item(Result(Ref(name)) as split, Const(int(index))) if name == SPLITTER and index >= 0:
            return Part("test" if index % 2 else "train", (identity(split), index // 2))
    return None


def part_by_name(scope: Scope, node: ast.expr, train: Collection[str], test: Collection[str]) -> Part | None:
    """The side that an expression's words say it is on; `of` is the expression with that word left out."""
    tokens = _tokens(scope, node)
    found = [(i, token.lower()) for i, token in enumerate(tokens) if token.lower() in (*train, *test)]
    if len(found) != 1:
        return None
    at, word = found[0]
    return Part("train" if word in train else "test", (*tokens[:at], "", *tokens[at + 1 :]))


def names_a_side(scope: Scope, node: ast.AST, words: Collection[str]) -> bool:
    """Whether some word of an expression says that its data are on one side of a split."""
    return any(token.lower() in words for token in _tokens(scope, node))


def _tokens(scope: Scope, node: ast.AST) -> list[str]:
    return _TOKEN.findall(re.sub(r"\s+", "", _GLUED.sub(r"\1_\2", scope.text(node))))
