"""When YAML holds instances of classes, which no safe loader reads."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.config.yaml_objects import holds_an_object
from tests.semantics.bodies import function

CODE = """\
import argparse
import yaml

def write(f, args: argparse.Namespace, config: dict):
    yaml.dump({0}, f{1})

def read(f):
    x = yaml.load(f, Loader=yaml.Loader)
    {2}
    return x
"""


@pytest.mark.parametrize(
    ("dumped", "how", "use", "is_object"),
    [
        ("args", "", "pass", True),
        ("args", "", "x['lr']", False),
        ("args", "", "x.get('lr')", False),
        ("args", ", Dumper=yaml.SafeDumper", "pass", False),
        ("vars(args)", "", "pass", False),
        ("config", "", "pass", False),
        ("config", "", "print(x.lr)", True),
        ("config", "", "print(x['when'].lr)", False),
    ],
)
def test_holds_an_object(dumped: str, how: str, use: str, is_object: bool) -> None:
    scope = function(CODE.format(dumped, how, use), "read")
    [load] = [call for call in scope.calls if call.name == "yaml.load"]
    assert holds_an_object(load) is is_object
