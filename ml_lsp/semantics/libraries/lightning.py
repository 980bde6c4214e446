"""Lightning's words: modules, callbacks, data modules, and which of their methods own code calls."""

from __future__ import annotations

from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.library import LIGHTNING_MODULE
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.versions import certainly_before

CALLBACK = "lightning.pytorch.callbacks.Callback"
DATA_MODULE = "lightning.pytorch.LightningDataModule"


def is_lightning_module(class_: Class) -> bool:
    """Whether a class is a LightningModule."""
    return class_.is_a(LIGHTNING_MODULE)


def is_callback(class_: Class) -> bool:
    """Whether a class is a Lightning callback."""
    return class_.is_a(CALLBACK)


def is_hooked(class_: Class) -> bool:
    """Whether Lightning calls hooks of a class: a module, a data module or a callback."""
    return class_.is_a(LIGHTNING_MODULE, CALLBACK, DATA_MODULE)


def is_older_than(inquiry: Inquiry, version: str) -> bool:
    """Whether the workspace is known to use a Lightning before `version`, under either name."""
    return any(
        certainly_before(inquiry.versions, name, version) for name in ("lightning", "pytorch-lightning")
    )


def is_always_defined(method: Scope) -> bool:
    """Whether a method is defined whatever a condition says: directly in its class."""
    around = method.parent
    if around is None or method.node is None or method.node not in around.flow.blocks:
        return True
    return around.flow.blocks[method.node].parent is None


def calls_by_name(inquiry: Inquiry, name: str) -> bool:
    """Whether own code calls a method of that name, here or in a file that imports this one.

    A method that only passes the call on to its parent's method of the same name does not count.
    """
    return any(
        call.method == name
        for asked in (inquiry, *inquiry.importers())
        for scope in scopes_mentioning(asked, name)
        if scope.name != name
        for call in scope.calls
    )


def asks_for_the_best(inquiry: Inquiry) -> bool:
    """Whether code of this module loads the best checkpoint: `ckpt_path="best"`, `best_model_path`."""
    if inquiry.mentions("best_model_path") or inquiry.mentions("best_model_score"):
        return True
    return any(
        call.constant(None, "ckpt_path") == "best"
        for scope in scopes_mentioning(inquiry, "ckpt_path")
        for call in scope.calls
    )
