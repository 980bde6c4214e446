"""What is known of outside names."""

from __future__ import annotations

import pytest

from ml_lsp.semantics import library


@pytest.mark.parametrize("name", ["torch.nn.Parameter", "torch.nn.UninitializedParameter", "torch.nn.Buffer"])
def test_parameters_and_buffers_are_tensors_and_no_modules(name: str) -> None:
    assert library.is_a(name, library.TENSOR)
    assert not library.is_a(name, library.MODULE)


@pytest.mark.parametrize("name", ["torch.nn.Linear", "torch.nn.ParameterList", "torch.nn.BCELoss"])
def test_layers_are_modules(name: str) -> None:
    assert library.is_a(name, library.MODULE)


@pytest.mark.parametrize("name", ["Compose", "ToTensor", "RandomChoice", "Lambda"])
def test_transforms_that_are_modules_in_the_second_version_only(name: str) -> None:
    assert not library.is_a(f"torchvision.transforms.{name}", library.MODULE)
    assert library.is_a(f"torchvision.transforms.v2.{name}", library.MODULE)
    assert library.is_a("torchvision.transforms.RandomApply", library.MODULE)
