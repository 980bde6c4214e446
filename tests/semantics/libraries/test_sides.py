"""Which side of a split data are on, and what is fitted on them."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.body import body_of
from ml_lsp.semantics.libraries.sides import part_by_flow, part_by_name
from ml_lsp.semantics.libraries.transformers import Known, fits
from tests.reading import marked
from tests.semantics.bodies import function

TRAIN, TEST = ("train", "tr"), ("test", "te", "val")


@pytest.mark.parametrize(
    ("one", "two", "paired"),
    [
        ("X_train", "X_test", True),
        ("xtrain", "xtest", True),
        ("trainX", "testX", True),
        ("self.train_df[columns]", "self.test_df[columns]", True),
        ("X_train.values", "X_val.values", True),
        ("x[train]", "x[test]", True),
        ("X_train", "y_test", False),
        ("X_train", "test_images", False),
        ("X_train", "latest", False),
        ("train_a", "test_a_val", False),
    ],
)
def test_pairs_of_names(one: str, two: str, paired: bool) -> None:
    found = [part_by_name(*marked(f"here({name})"), TRAIN, TEST) for name in (one, two)]
    assert (None not in found and found[0].of == found[1].of and found[0] != found[1]) is paired


def test_sides_out_of_the_split() -> None:
    code = """
from sklearn.model_selection import train_test_split
a, b, c, d = train_test_split(X, y)
here([a, b, c, d, X])
"""
    scope, node = marked(code)
    parts = [part_by_flow(scope.value(item)) for item in node.elts]
    assert [part and part.side for part in parts] == ["train", "test", "train", "test", None]
    assert parts[0].of == parts[1].of != parts[2].of == parts[3].of


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("StandardScaler().fit(x)", "StandardScaler"),
        ("make_pipeline(Normalizer(), StandardScaler()).fit(x)", "make_pipeline"),
        ("Pipeline([('a', StandardScaler()), ('b', Model())]).fit(x)", None),
        ("Normalizer().fit(x)", None),
        ("OneHotEncoder(categories=[x]).fit(x)", None),
        ("OneHotEncoder(categories='auto').fit(x)", "OneHotEncoder"),
        ("StandardScaler().transform(x)", None),
        ("x.fit(x)", None),
    ],
)
def test_fits(written: str, name: str | None) -> None:
    scope = function(
        "from sklearn.pipeline import Pipeline, make_pipeline\nfrom models import Model\n"
        f"from sklearn.preprocessing import *\n\ndef f(x):\n    {written}\n"
    )
    known = Known(("sklearn.preprocessing",), ("sklearn.preprocessing.Normalizer",))
    assert [fit.short_name for fit in fits(body_of(scope), ("fit",), known)] == ([name] if name else [])
