"""Options with a default, whichever library reads the command line."""

from __future__ import annotations

from ml_lsp.semantics.libraries.cli_options import cli_options
from tests.semantics.bodies import inquiry

CODE = """\
import argparse
import click
import dataclasses
import typer
import tyro
from typing import Annotated
from transformers import HfArgumentParser

parser = argparse.ArgumentParser()
parser.add_argument("-b", "--batch-size", type=int, default=32)
parser.add_argument("--rate", dest="lr", default=1e-3)
parser.add_argument("--none", default=None)
parser.add_argument("--computed", default=len("abc"))
other.add_argument("--foreign", default=1)

@click.command()
@click.option("--epochs", "-e", default=3)
@click.option("--wd", "decay", default=0.1)
def run(epochs, decay):
    pass

app = typer.Typer()

@app.command()
def main(depth: int = 4, width: Annotated[int, typer.Option()] = 8, seed: int = typer.Option(1), name: str = None):
    pass

def helper(gamma=0.5):
    pass

@dataclasses.dataclass
class Args:
    dropout: float = 0.2
    path: str | None = None

    def method(self):
        return 1

    act: str = "relu"

class Plain:
    x: int = 1

HfArgumentParser((Args, Plain))
"""


def test_options_of_all_libraries() -> None:
    found = cli_options(inquiry(CODE))
    assert {(one.dest, one.value, one.is_variable) for one in found} == {
        ("batch_size", 32, False),
        ("lr", 1e-3, False),
        ("epochs", 3, True),
        ("decay", 0.1, True),
        ("depth", 4, True),
        ("width", 8, True),
        ("seed", 1, True),
        ("dropout", 0.2, False),
        ("act", "relu", False),
    }
    for one in found:
        assert CODE[one.span.start : one.span.end] == one.text


def test_a_default_by_name_is_shown_as_written() -> None:
    [found] = cli_options(
        inquiry(
            "import argparse\nLR = 0.1\np = argparse.ArgumentParser()\np.add_argument('--lr', default=LR)\n"
        )
    )
    assert (found.value, found.text) == (0.1, "LR")
