"""What dataclasses and models say of the keys of a configuration."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.config.schemas import Schema, schema_of
from tests.semantics.bodies import inquiry

IMPORTS = """
from dataclasses import dataclass, field
from typing import Dict, List, Optional
import attrs
from pydantic import BaseModel, Field
"""


def schema(text: str) -> Schema | None:
    """The schema of the class `Config` of a text."""
    own = inquiry(IMPORTS + text).class_("Config")
    assert own is not None
    return schema_of(own)


@pytest.mark.parametrize(
    ("fields", "explains"),
    [
        ("    a: int = 1", False),
        ('    """What it is."""\n    a: int = 1', True),
        ("    a: int = 1  # seconds", True),
        ("    # seconds\n    a: int = 1", True),
        ("    color: str = '# a'", False),
        ('    a: int = 1\n    """Seconds."""', True),
        ('    a: int = field(default=1, metadata={"help": "seconds"})', True),
        ("    a: int = field(default=1, metadata={'unit': 's'})", False),
        ('    a: int = Field(1, description="seconds")', True),
        ('    a: Annotated[int, Doc("seconds")] = 1', True),
    ],
)
def test_words_for_people(fields: str, explains: bool) -> None:
    found = schema(f"@dataclass\nclass Config:\n{fields}\n")
    assert found is not None
    assert found.explains is explains


@pytest.mark.parametrize(
    "head", ["@dataclass\nclass Config", "@attrs.define\nclass Config", "class Config(BaseModel)"]
)
def test_classes_that_have_fields(head: str) -> None:
    found = schema(f"{head}:\n    a: int  # seconds\n")
    assert found is not None
    assert found.explained(("a",))
    assert not found.explained(("b",))


def test_other_classes_say_nothing_of_keys() -> None:
    assert schema("class Config:\n    a: int = 1  # seconds\n") is None


def test_classes_inside_each_other() -> None:
    found = schema("""
@dataclass
class Block:
    width: int = 1  # channels
    inner: Optional["Block"] = None
    other: "Config" = None

@dataclass
class Common:
    seed: int = 1
    '''of numpy'''

@dataclass
class Config(Common):
    block: Block = field(default_factory=Block)
    any: object = field(default_factory=Block)
    named: Dict[str, Block] = field(default_factory=dict)
    listed: List[Block] = field(default_factory=list)
    again: "Optional[Config]" = None
""")
    assert found is not None
    explained = [
        ("seed",), ("block", "width"), ("any", "width"), ("named", "x", "width"), ("listed", 0, "width"), ("again",),
    ]  # fmt: skip
    assert [path for path in explained if not found.explained(path)] == []  # type: ignore[arg-type]
    for path in (("block", "depth"), ("named", "x", "depth"), ("gone",)):
        assert not found.explained(path)


def test_a_class_of_itself_ends() -> None:
    found = schema("""
@dataclass
class Config:
    left: Config = None
    right: Config = None  # the other one
""")
    assert found is not None
    assert found.fields == {"left": None, "right": None}
