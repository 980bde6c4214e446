"""Code that reads keys and passwords from the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.semantics.users import users

_READ = re.compile(
    r"""(?:environ(?:\.get\(|\.setdefault\(|\.pop\(|\[)|getenv\()\s*["']"""
    r"""\w+_(?:KEY|TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIALS)["']"""
)
_WORDS = ("environ", "getenv")


def reads_secrets(inquiry: Inquiry) -> bool:
    """Whether a module, one that uses it or one of the same package reads a secret from the environment."""
    for one in users(inquiry):
        if any(map(one.mentions, _WORDS)) and _says_so(one):
            return True
    return any(map(_READ.search, _of_the_package(inquiry)))


def _says_so(inquiry: Inquiry) -> bool:
    return any(_READ.search(inquiry.module.pieces[piece].text) for piece in inquiry.pieces("everything"))


def _of_the_package(inquiry: Inquiry) -> Iterator[str]:
    """The text of what lies beside a module, piece by piece; tests are left out."""
    folder = inquiry.module.path.parent
    for module in inquiry.modules(*_WORDS):
        if module.path.parent == folder and not is_test_path(module.path):
            yield from (piece.text for piece in module.pieces)
