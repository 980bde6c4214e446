"""See rules/ml-lsp/wrong-rule-page.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule, parse_rule
from ml_lsp.finding import Finding
from ml_lsp.page_form import REQUIRED, CatalogueError
from ml_lsp.semantics.config_file import ConfigFile

_FEWEST = 5  # of the keys that a rule page must have: fewer are another program's


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report the first thing for which a rule page is none."""
    if file.language != "yaml" or not _is_rule_page(file):
        return
    try:
        parse_rule(file.text, f"{file.path.parent.name}/{file.path.stem}", file.path)
    except CatalogueError as error:
        first = file.documents[0].root.entries[0].key.span
        yield rule.finding(error.span or first, problem=error.problem.replace("\n", " "))


def _is_rule_page(file: ConfigFile) -> bool:
    """Whether a file has the keys of a rule page, and says nothing twice: aliases make little YAML large."""
    entries = file.root.entries if file.root is not None else ()  # none but of a mapping
    values = {entry.key.text: entry.value.kind for entry in entries}
    shows = values.get("examples") == "sequence" or values.get("match") == "mapping"
    has_keys = shows and len(values.keys() & set(REQUIRED)) >= _FEWEST
    return has_keys and all(node.alias is None for _, node in file.walk())
