"""Files that the same run has saved before it loads them."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.rereading import is_saved_before
from tests.semantics.bodies import function


@pytest.mark.parametrize(
    ("saved", "loaded", "same"),
    [
        ("path", "path", True),
        ("folder / 'best.pt'", "os.path.join(folder, 'best.pt')", True),
        ("f'{folder}/{step}_best.pt'", "folder + '/last_best.pt'", True),
        ("folder / 'best.pt'", "folder / 'last.pt'", False),
        ("folder / 'best.pt'", "path", False),
        ("path.format(1)", "path", False),
    ],
)
def test_paths(saved: str, loaded: str, same: bool) -> None:
    scope = function(
        "import os\nimport torch\ndef f(net, path, folder, step):\n"
        f"    torch.save(net, {saved})\n    return torch.load({loaded})\n"
    )
    load = next(call for call in scope.calls if call.name == "torch.load")
    assert is_saved_before(load) == same


@pytest.mark.parametrize(("order", "same"), [("save(p)\n    load(p)", True), ("load(p)\n    save(p)", False)])
def test_the_callers_tell(order: str, same: bool) -> None:
    helpers = "def save(path):\n    torch.save(1, path)\ndef load(path):\n    return torch.load(path)\n"
    scope = function(f"import torch\n{helpers}def f(p):\n    {order}\n", "load")
    assert is_saved_before(scope.calls[0]) == same
