"""See rules/yaml/undocumented-config.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.config.config_roles import inner_path, is_parameter_file, is_written_by_program
from ml_lsp.semantics.config.structured import is_explained
from ml_lsp.semantics.config_file import ConfigFile

KeyPath = tuple[str | int, ...]

_MANY, _DEEP, _SENTENCES = 40, 3, 3
_FEWEST_NAMES = 25  # of a file that is no table, where few names come again and again


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report a large nested file of parameters in which nothing is explained."""
    if file.language != "yaml" or not file.documents or any(one.comments for one in file.documents):
        return
    leaves = [path for path, node in file.walk() if node.kind == "scalar" and path]
    if not _are_many(leaves) or not is_parameter_file(file) or is_written_by_program(file):
        return
    leaves = [path for path in leaves if not is_explained(file, path)]
    if not _are_many(leaves) or any(part in ("tests", "test") for part in inner_path(file).parts):
        return
    if _explains_itself(file):
        return
    root = file.documents[0].root
    if root.style == "flow":
        return  # it is JSON, which has no comments
    line = file.source.line_span(file.source.line_of(root.span.start))
    end = line.start + len(file.text[line.start : line.end].rstrip())
    yield rule.finding(line._replace(end=end), count=len(_named(leaves)))


def _are_many(leaves: list[KeyPath]) -> bool:
    """Whether these are the leaves of a large and deep configuration."""
    deepest = max((sum(isinstance(part, str) for part in path) for path in leaves), default=0)
    named = _named(leaves)
    return len(named) >= _MANY and len({path[-1] for path in named}) >= _FEWEST_NAMES and deepest >= _DEEP


def _named(leaves: list[KeyPath]) -> list[KeyPath]:
    return [path for path in leaves if isinstance(path[-1], str) and not path[-1].isdigit()]


def _explains_itself(file: ConfigFile) -> bool:
    """Whether some values are sentences: descriptions for people, where comments would say it again."""
    sentences = (
        node for _, node in file.walk() if node.kind == "scalar" and len(str(node.value).split()) > 7
    )
    return sum(1 for _ in islice(sentences, _SENTENCES)) == _SENTENCES
