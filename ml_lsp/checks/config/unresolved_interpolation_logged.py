"""See rules/config/unresolved-interpolation-logged.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.body import body_of
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.config_logging import recorded
from ml_lsp.semantics.config.omegaconf import config_files, config_path
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.values import Const, identity, walk

# `${now:...}` and `${hydra:...}` say something about the run, not about what it computed.
_INTERPOLATION = re.compile(r"\$\{(?!(?:now|hydra)[:.])[^}]*\}")


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a configuration that is kept with its interpolations as text."""
    path = config_path(call.scope.value(call.node.args[0])) if call.node.args else None
    if path is None or is_test_code(call.scope) or call.has_unpacking:
        return
    if call.argument(None, "resolve") is not None or _is_resolved(call) or not _is_kept(call, rule):
        return
    for file in config_files(call.scope.inquiry):
        found = _INTERPOLATION.search(file.text)
        if found is not None and file.root is not None:
            place = next((node for _, node in file.walk() if _INTERPOLATION.search(node.raw)), None)
            if place is not None:
                related = [Related(place.span, f"`{file.path.name}` has one", file.path)]
                edits = [add_argument(call, "resolve=True")]
                yield rule.finding(call.span, edits=edits, related=related, text=found[0])
                return


def _is_resolved(call: Call) -> bool:
    """Whether the configuration is resolved in place before."""
    given = identity(call.scope.value(call.node.args[0]))
    return any(
        other.name == "omegaconf.OmegaConf.resolve"
        and other.when < call.when
        and any(identity(other.scope.value(arg)) == given for arg in other.node.args)
        for other in body_of(call.scope).calls
    )


def _goes_to_hydra(call: Call) -> bool:
    """Whether a configuration is written where Hydra keeps its own, unresolved and to be composed again."""
    place = call.argument_value(1, "f")
    parts = walk(place) if place is not None else ()
    return any(isinstance(part, Const) and ".hydra" in str(part.value) for part in parts)


def _is_kept(call: Call, rule: Rule) -> bool:
    """Whether the result goes to a record of the run or to a file."""
    if call.name == "omegaconf.OmegaConf.save":
        return not call.scope.inquiry.mentions("load") and not _goes_to_hydra(call)
    for other in body_of(call.scope).calls:
        node = recorded(other)
        writes = other.name in rule.data["writers"] or other.method in rule.data["methods"]
        if node is None and writes and other.node.args:
            node = other.node.args[0]
        if node is not None and any(
            part.site is not None and part.site.node is call.node for part in walk(other.scope.value(node))
        ):
            return True
    return False
