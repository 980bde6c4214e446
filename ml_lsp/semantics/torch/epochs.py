"""Loops over epochs: those whose variable says so."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.body import Loop, loops_of
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.values import Const, Ref, Result

_NAMES = ("epoch", "epoch_idx", "epoch_num", "epoch_index", "current_epoch", "ep", "i_epoch", "epoch_id")


def epoch_loops(inquiry: Inquiry) -> Iterator[tuple[Loop, str]]:
    """The loops of a module over more than one epoch, as far as known, with the name of their variable."""
    for scope in scopes_mentioning(inquiry, *_NAMES):
        for loop in loops_of(scope):
            match loop.node:
                case ast.For(target=ast.Name(id=name)) if name in _NAMES and not _is_single(loop):
                    yield loop, name


def _is_single(loop: Loop) -> bool:
    match loop.iterable:
        case Result(Ref("builtins.range"), (Const(int(stop)),)):
            return stop < 2
    return False
