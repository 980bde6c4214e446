"""Which modules of a project use a module: those that import it, directly or through others."""

from __future__ import annotations

from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.testcode import is_test_path

# A module that half of a large project imports says nothing of any one of them.
_MOST = 200


def users(inquiry: Inquiry) -> list[Inquiry]:
    """A module and those that import it, directly or through others, nearest first; tests are left out."""
    found, at = [inquiry], 0
    known = {inquiry.module.path}
    while at < len(found) < _MOST:
        for other in found[at].importers():
            if other.module.path not in known and not is_test_path(other.module.path):
                known.add(other.module.path)
                found.append(other)
        at += 1
    return found


def run_together(one: Inquiry, other: Inquiry) -> bool:
    """Whether one program may run two modules: one uses the other, or a third one uses both."""
    paths = {user.module.path for user in users(one)}
    return any(user.module.path in paths for user in users(other))
