"""What the index of a project has of a file of Python: its text, and of a notebook the Python in its cells."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger(__name__)

# A notebook that says none of these, in its JSON, names no config file and uses no library that reads them. Most
# notebooks say none, and what they are large of is outputs: looking for these takes a tenth of reading them.
_WORDS = ("yaml", ".yml", '.json\\"', ".json'", '.toml\\"', ".toml'", "omegaconf", "hydra")


class Code(NamedTuple):
    """A text of Python, and for a notebook the offsets at which its cells start."""

    text: str
    cells: tuple[int, ...] = ()


def code_of_file(path: Path, text: str) -> Code:
    """The Python in the text of a file; none of a notebook that has nothing to do with config files, or is none."""
    if path.suffix != ".ipynb":
        return Code(text)
    if not any(word in text for word in _WORDS):
        return Code("")
    from ml_lsp.syntax.ipynb import NotebookError, read
    from ml_lsp.syntax.notebook import join

    try:
        notebook = read(text)
    except NotebookError as error:
        log.info("%s: %s", path, error)
        return Code("")
    joined = join(notebook.cells, notebook.metadata)
    return Code(joined.text, joined.boundaries)
