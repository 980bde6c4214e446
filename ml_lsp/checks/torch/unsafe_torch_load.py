"""See rules/torch/unsafe-torch-load.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from urllib.parse import urlsplit

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.origin import checks_hashes, origin, written_by
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.datasets import is_code_of_a_dataset
from ml_lsp.semantics.torch.loaded import is_taken_away, is_used_as_module, sets_numpy_generator, words_about
from ml_lsp.semantics.torch.refused import may_hold_objects, refused_contents
from ml_lsp.semantics.torch.rereading import is_saved_before
from ml_lsp.semantics.values import Const, Display, Item, Op, Ref, Value, options, walk
from ml_lsp.semantics.version_guards import is_version_guarded
from ml_lsp.semantics.versions import certainly_before, has_reached, may_be_before


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the loading of checkpoints that others may have prepared."""
    if is_test_code(call.scope) or call.argument_value(None, "weights_only") == Const(True):
        return
    since = rule.data["argument_since"].get(call.name, "0")
    if certainly_before(call.scope.inquiry.versions, "torch", since):
        return
    if call.name == "torch.load":
        yield from _of_load(call, rule)
    elif not call.lacks(4, "check_hash") or checks_hashes(call.scope) or _only_downloads(call):
        return
    elif call.lacks(6, "weights_only") or call.constant(6, "weights_only") is False:
        node, url = call.argument(0, "url"), call.argument_value(0, "url")
        if node is not None and url is not None and not _hosts(url) <= set(rule.data["trusted_hosts"]):
            yield _finding(call, f"`{' '.join(call.scope.text(node).split())}`", rule)


def _of_load(call: Call, rule: Rule) -> Iterator[Finding]:
    versions, unsaid = call.scope.inquiry.versions, call.lacks(None, "weights_only")
    any_pickle = unsaid and call.argument_value(2, "pickle_module") is not None
    if any_pickle or call.constant(None, "weights_only") is False:
        source = _download(call, rule)
        if source and not checks_hashes(call.scope):
            yield _finding(call, source, rule)
    elif unsaid and may_be_before(versions, "torch", rule.data["safe_since"]):
        if _cannot_be_safe(call, rule.data["safe_since"]):
            return
        if words_about(call).union(call.scope.name.lower().split("_")).isdisjoint(rule.data["checkpoints"]):
            return  # what may hold anything, which the safe loader would refuse
        if is_taken_away(call) or is_saved_before(call) or any(True for _ in refused_contents(call)):
            return  # the last: `weights_only=True` would not read it
        if may_hold_objects(call):
            return
        yield _finding(call, f"disk as a whole before torch {rule.data['safe_since']}", rule)


def _cannot_be_safe(call: Call, since: str) -> bool:
    """Whether this is what an old version gets, or no checkpoint: a whole module, which a new version refuses, a sample.

    Samples are what the program itself has prepared, as objects of any kind.
    """
    if (
        is_version_guarded(call.scope, call.node)
        or is_code_of_a_dataset(call.scope)
        or _ships_with_code(call)
        or sets_numpy_generator(call)
    ):
        return True
    return has_reached(call.scope.inquiry.versions, "torch", since) and is_used_as_module(call)


def _ships_with_code(call: Call) -> bool:
    """Whether a file lies beside the code that loads it: who may change one may change the other."""
    path = call.argument_value(0, "f")
    return path is not None and any(part == Ref("builtins.__file__") for part in walk(path))


def _only_downloads(call: Call) -> bool:
    """Whether the result is dropped, and what loading raises is caught: the file is none of PyTorch's."""
    statement = call.scope.statement_of(call.node)
    tried = any(isinstance(block.node, ast.Try) and block.arm == "body" for block in call.block.chain())
    return tried and isinstance(statement, ast.Expr) and statement.value is call.node


def _download(call: Call, rule: Rule) -> str:
    """Where the file that is loaded comes from, if that is elsewhere; else empty."""
    file = call.argument_value(0, "f")
    if file is None:
        return ""
    found = origin(file, rule.data["downloads"], through_files=True)
    if found is not None:
        return f"an upload (`{found.name}`)" if found.kind == "upload" else f"`{found.name}`"
    writer = written_by(call, file, rule.data["downloads"])
    return f"`{writer.name}`" if writer is not None else ""


def _hosts(url: Value) -> set[str]:
    """The hosts that a URL, or those of a table, name."""
    table = url.owner if isinstance(url, Item) else None
    found = table.items if isinstance(table, Display) and table.kind == "dict" else options(url)
    return {_host(one) for one in found}


def _host(url: Value) -> str:
    """The host that a URL names, as far as its first part tells."""
    start = url.operands[0] if isinstance(url, Op) and url.operands else url
    known = isinstance(start, Const) and isinstance(start.value, str)
    return urlsplit(start.value).hostname or "" if known and isinstance(start, Const) else ""


def _finding(call: Call, source: str, rule: Rule) -> Finding:
    given = call.argument_value(None, "weights_only") or call.argument_value(2, "pickle_module")
    edits = [] if given is not None or call.has_unpacking else [add_argument(call, "weights_only=True")]
    return rule.finding(call.span, edits=edits, call=call.scope.text(call.node.func), source=source)
