"""Transform pipelines: their steps, which of them are random, the scale of what comes out."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.transforms import greatest, random_steps, scale_of, since_unknown, steps_of
from ml_lsp.semantics.values import Ref, Value
from tests.semantics.bodies import function


def value(expression: str) -> Value:
    text = (
        "import torch\nfrom torchvision import transforms as T\nfrom torchvision.transforms import v2\n"
        f"def f(steps, mine, MEAN=(1, 2)):\n    return {expression}\n"
    )
    return function(text).returned


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("T.Compose([T.ToTensor(), mine(), v2.Normalize(0, 1)])", ["ToTensor", "", "Normalize"]),
        ("torch.nn.Sequential(T.Resize(3), T.Lambda(mine))", ["Resize", ""]),
        ("T.Compose(transforms=[T.Resize(3)])", ["Resize"]),
        ("T.Compose([T.Resize(3), *steps])", []),
        ("T.Compose(steps)", []),
        ("steps", []),
    ],
)
def test_the_steps_of_a_pipeline(expression: str, names: list[str]) -> None:
    assert [step.name for step in steps_of(value(expression))] == names


def test_how_far_back_the_steps_are_known() -> None:
    steps = steps_of(value("T.Compose([T.Resize(3), mine(), T.ToTensor(), T.Pad(1)])"))
    assert [step.name for step in since_unknown(steps)] == ["ToTensor", "Pad"]
    assert [step.name for step in since_unknown(steps[:1])] == ["Resize"]


@pytest.mark.parametrize(
    ("expression", "scale"),
    [
        ("T.Compose([T.ToTensor()])", 1),
        ("T.Compose([T.PILToTensor()])", 255),
        ("T.Compose([T.PILToTensor(), T.ConvertImageDtype(torch.float)])", 1),
        ("v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32)])", 255),
        ("v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])", 1),
        ("v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=mine)])", None),
        ("T.Compose([T.ToTensor(), T.Normalize(0, 1)])", None),
        ("T.Compose([T.Resize(3)])", None),
    ],
)
def test_the_scale_of_images(expression: str, scale: int | None) -> None:
    assert scale_of(steps_of(value(expression))) == scale


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("T.Normalize([0.5, 123.7], [1, 1])", 123.7),
        ("T.Normalize(mean=[0.5] * 3, std=[1])", 0.5),
        ("T.Normalize([0.5, steps], [1, 1])", None),
        ("T.Normalize(steps, [1, 1])", None),
    ],
)
def test_the_greatest_mean(expression: str, found: float | None) -> None:
    assert greatest(value(expression), "mean") == found


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("T.Compose([T.Resize(3), T.RandomCrop(3)])", ["RandomCrop"]),
        ("T.Compose([T.RandomApply([T.Compose([T.RandomCrop(3)])])])", ["RandomCrop"]),
        ("T.RandomHorizontalFlip()", ["RandomHorizontalFlip"]),
        ("T.Compose([T.RandomCrop(3, p=0), T.RandomHorizontalFlip(p=1.0)])", []),
        ("T.Compose(steps)", []),
    ],
)
def test_random_steps(expression: str, names: list[str]) -> None:
    listed = [f"torchvision.transforms.{name}" for name in ("RandomCrop", "RandomHorizontalFlip")]
    found = [step.callee for step in random_steps(value(expression), listed)]
    assert found == [Ref(f"torchvision.transforms.{name}") for name in names]
