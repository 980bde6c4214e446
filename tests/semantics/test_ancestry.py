"""What outside classes derive from."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.library import MODULE, is_a


@pytest.mark.parametrize(
    "name", ["transformers.PreTrainedModel", "transformers.BertModel", "torch.nn.Linear", "torch.nn.Module"]
)
def test_modules(name: str) -> None:
    assert is_a(name, MODULE)
