"""Where a module holds a word: the only places at which something of that name can stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml_lsp.semantics.call import Call
    from ml_lsp.semantics.inquiry import Inquiry
    from ml_lsp.semantics.scope import Scope


def scopes_of(inquiry: Inquiry, pieces: Iterable[int]) -> Iterator[Scope]:
    """The scopes of some pieces and of all functions in them."""
    for piece in pieces:
        yield from inquiry.piece_scope(piece).with_inner()


def scopes_mentioning(inquiry: Inquiry, *words: str) -> Iterator[Scope]:
    """The scopes of the pieces of a module that hold one of some words, piece by piece."""
    yield from scopes_of(
        inquiry, sorted({piece for word in words for piece in inquiry.pieces("mentions", word)})
    )


def calls_mentioning(inquiry: Inquiry, *words: str) -> Iterator[Call]:
    """The calls in the pieces of a module that hold one of some words, piece by piece."""
    for scope in scopes_mentioning(inquiry, *words):
        yield from scope.calls


def scopes_reading(scope: Scope, name: str) -> Iterator[Scope]:
    """The scopes that may read a name of a scope: of a module's, all that hold it, else itself and those inside."""
    return scopes_mentioning(scope.inquiry, name) if scope.is_module_level else scope.with_inner()
