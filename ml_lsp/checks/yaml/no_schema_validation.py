"""See rules/yaml/no-schema-validation.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.config_merges import named_configs
from ml_lsp.semantics.config.config_roles import is_parameter_file
from ml_lsp.semantics.config.key_reads import is_settled
from ml_lsp.semantics.config.key_use import KeyRead, KeyUse, key_use
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.values import Attr, Const, Element, Item, Param, Unknown, walk

_FEWEST_KEYS, _FEWEST_PLACES = 8, 2
_SHORT = 150  # lines of a script that is read as a whole


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a configuration of which many keys are read in many places unchecked, and keys that it has not."""
    inquiry = call.scope.inquiry
    if is_test_code(call.scope) or inquiry.module.path.suffix == ".ipynb":
        return
    if not inquiry.module.tables.libraries.isdisjoint(rule.data["validators"]):
        return
    use = key_use(call)
    libraries = [read.scope.inquiry.module.tables.libraries for read in use.reads]
    if use.leaves or any(not found.isdisjoint(rule.data["validators"]) for found in libraries):
        return
    file = _only_file(call) if not use.changes else None
    missing = [read for read in use.reads if file is not None and _is_missing(read, file)]
    for read in missing:
        if read.scope.inquiry.asker is None and file is not None:
            yield _of_missing(read, file, rule)
    places = {(read.scope.inquiry.module.path, read.scope.node) for read in use.reads}
    enough = len(use.keys) >= _FEWEST_KEYS and len(places) >= _FEWEST_PLACES
    if enough and not missing and not _is_short_script(call, use):
        through = next((read.through.name for read in use.reads if read.through is not None), "")
        message = rule.data["messages"]["through"] if through else ""
        yield rule.finding(call.span, message=message, number=len(use.keys), through=through)


def _of_missing(read: KeyRead, file: ConfigFile, rule: Rule) -> Finding:
    """The finding about a key that the file has not."""
    error = "AttributeError" if isinstance(read.node, ast.Attribute) else "KeyError"
    related = [Related(file.root.span, "the configuration", file.path)] if file.root is not None else []
    return rule.finding(
        read.scope.span(read.node), message=rule.data["messages"]["missing"], related=related,
        key=read.keys[-1], file=file.path.name, error=error,
    )  # fmt: skip


def _is_short_script(call: Call, use: KeyUse) -> bool:
    """Whether the configuration is loaded and read in one module of a few lines."""
    module = call.scope.inquiry.module
    elsewhere = any(read.scope.inquiry.module is not module for read in use.reads)
    return not elsewhere and module.split.text.count("\n") < _SHORT


def _only_file(call: Call) -> ConfigFile | None:
    """The file that a call certainly loads: it is named where it is opened, and is the only one of that name."""
    stream = call.argument_value(0, "stream")
    parts = tuple(walk(stream)) if stream is not None else ()
    if any(isinstance(part, Unknown | Param | Attr | Item | Element) for part in parts):
        return None
    texts = {str(part.value) for part in parts if isinstance(part, Const)}
    names = {text.rpartition("/")[2] for text in texts if text.endswith((".yaml", ".yml"))}
    found = [file for file in named_configs(call.scope.inquiry) if file.path.name in names]
    is_sure = (
        len(found) == 1 and len(names) == 1 and is_parameter_file(found[0]) and len(found[0].documents) == 1
    )
    return found[0] if is_sure else None


def _is_missing(read: KeyRead, file: ConfigFile) -> bool:
    """Whether the mapping is there, the key is not, and no code asks first."""
    if read.through is not None and read.through.lenient:
        return False
    parent = file.root.get(*read.keys[:-1]) if file.root is not None else None
    if parent is None or parent.kind != "mapping" or parent.entry(read.keys[-1]) is not None:
        return False
    guarded = any(isinstance(block.node, ast.Try | ast.If) for block in _blocks(read))
    project = read.scope.inquiry.project
    settled = project is not None and is_settled(project, read.keys[-1])
    changed = any(map(read.scope.inquiry.mentions, ("update", "setdefault", "merge")))
    return not guarded and not settled and not changed


def _blocks(read: KeyRead) -> Iterator[Block]:
    statement = read.scope.statement_of(read.node)
    block = read.scope.block_of(statement) if statement is not None else None
    return block.chain() if block is not None else iter(())
