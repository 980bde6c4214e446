"""The last layer of Keras models, their losses and targets."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.libraries.keras import output_of
from ml_lsp.semantics.libraries.keras_losses import comes_from, compiled_loss
from tests.reading import marked
from tests.semantics.bodies import function

HEAD = """from tensorflow import keras
from tensorflow.keras.layers import Dense, Dropout

def f(x, n, act, flag):
"""


def output(*lines: str) -> tuple[str, int | None, str | None] | None:
    """The last layer of the variable `m`: class, units, activation."""
    scope, node = marked(HEAD + "".join(f"    {line}\n" for line in (*lines, "here(m)")))
    found = output_of(scope, scope.value(node))
    if found is None:
        return None
    return found.class_name.rpartition(".")[2], found.units, found.activation and found.activation[0]


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (["m = keras.Sequential([Dense(8), Dense(1, 'relu')])"], ("Dense", 1, "relu")),
        (["m = keras.Sequential([Dense(8), Dropout(0.1)])"], ("Dropout", None, "linear")),
        (["m = keras.models.Sequential()", "m.add(Dense(4))", "m.add(Dense(n))"], ("Dense", None, "linear")),
        (["m = keras.Sequential([Dense(3, activation=act)])"], ("Dense", 3, None)),
        (["m = keras.Sequential([Dense(3, activation=keras.activations.tanh)])"], ("Dense", 3, "tanh")),
        (["m = keras.Model(x, Dense(2)(Dense(3)(x)))"], ("Dense", 2, "linear")),
        (["m = keras.Model(x, [Dense(2)(x)])"], ("Dense", 2, "linear")),
        (["m = keras.Model(x, [Dense(2)(x), Dense(3)(x)])"], None),
        (["m = keras.Sequential(x)"], None),
        (["m = keras.Sequential([*x, Dense(1)])"], None),
        (["m = keras.Sequential([Dense(2)])", "if flag: m.add(Dense(3))"], None),
        (["m = keras.Sequential([Dense(2), Dense(3)])", "m.pop()"], None),
        (["m = keras.Sequential([keras.Sequential([Dense(2)])])"], None),
    ],
)
def test_last_layer(lines: list[str], last: tuple[str, int | None, str | None] | None) -> None:
    assert output(*lines) == last


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("'adam', 'mse'", "mse"),
        ("loss=keras.losses.BinaryCrossentropy(label_smoothing=0.1)", "keras.losses.BinaryCrossentropy"),
        ("loss=keras.losses.BinaryCrossentropy(from_logits=True)", None),
        ("loss=keras.losses.BinaryCrossentropy(True)", None),
        ("loss=keras.losses.BinaryCrossentropy(**n)", None),
        ("loss=['mse', 'mae']", None),
        ("loss=n", None),
    ],
)
def test_loss(arguments: str, name: str | None) -> None:
    scope = function(f"{HEAD}    x.compile({arguments})\n")
    found = compiled_loss(next(call for call in scope.calls if call.method == "compile"))
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("lines", "unscaled"),
    [
        (["_, y = load(return_X_y=True)"], True),
        (["y = load().target"], True),
        (["a, b, _, y = train_test_split(x, load().target)"], True),
        (["a, y, _, c = train_test_split(x, load().target)"], False),
        (["y = load().target / 5"], False),
        (["y = x"], False),
    ],
)
def test_targets(lines: list[str], unscaled: bool) -> None:
    head = "from sklearn.model_selection import train_test_split\nfrom data import load\n\ndef f(x):\n"
    scope, node = marked(head + "".join(f"    {line}\n" for line in (*lines, "here(y)")))
    assert comes_from(scope.value(node), ("data.load",)) is unscaled
