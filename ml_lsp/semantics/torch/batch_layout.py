"""What code around a layer that runs over a sequence shows of where it has the batch: first, or second."""

from __future__ import annotations

import ast
import re

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.statements import comment_near
from ml_lsp.semantics.torch.objects import unwrapped
from ml_lsp.semantics.torch.recurrent import Run
from ml_lsp.semantics.values import Attr, Const, Display, Item, Op, Param, Ref, Result, Value, identity

_FACTORIES = frozenset({"torch.zeros", "torch.randn", "torch.rand", "torch.ones", "torch.empty"})
_NEW = frozenset({"new_zeros", "new_empty", "new_ones"})
_JOINS = frozenset({"torch.cat", "torch.concat", "torch.concatenate"})
# Layers that leave the order of dimensions alone.
_SAME_LAYOUT = re.compile(r"torch\.nn\.(?:Dropout|LayerNorm|Identity|GELU|ReLU|Linear)\Z")
_BATCH_FIRST = re.compile(
    r"[(\[]\s*(?:B|N|bs|bsz|batch(?:[_ ]size)?)\s*,\s*(?:T|S|L|seq(?:[_ ]?len(?:gth)?|uence)?|time(?:[_ ]?steps)?"
    r"|n_frames|src_len|tgt_len)\s*,"
)


def state_batch_dimension(run: Run) -> int | None:
    """The dimension of the input from which the first state takes the size of its batch; None if unknown."""
    given = run.run.argument(1, "hx") if run.is_recurrent else None
    states = given.items if isinstance(given, Display) else (given,)
    for state in states:
        size = _middle_size(unwrapped(state)) if state is not None else None
        if size is not None and run.input is not None:
            return _dimension_of(size, run.input)
    return None


def _middle_size(state: Value) -> Value | None:
    """The second of the three sizes of which a state is made."""
    match state:
        case Result(Attr(owner, "requires_grad_" | "detach")) | Result(
            Ref("torch.autograd.Variable"), (owner,)
        ):
            return _middle_size(unwrapped(owner))
        case Result(callee, (Display(items=(_, size, _)),)) | Result(callee, (_, size, _)):
            known = (
                callee.name in _NEW if isinstance(callee, Attr) else getattr(callee, "name", "") in _FACTORIES
            )
            return size if known else None
    return None


def _dimension_of(size: Value, tensor: Value) -> int | None:
    match size:
        case Result(Attr(owner, "size"), (Const(int(dimension)),)):
            pass
        case Item(Attr(owner, "shape") | Result(Attr(owner, "size"), ()), Const(int(dimension))):
            pass
        case _:
            return None
    return dimension if identity(owner) == identity(tensor) else None


def joins_along_second(run: Run) -> bool:
    """Whether what runs through a layer is two tensors joined along dimension 1: `cat((cls, x), dim=1)`."""
    given = run.input
    for _ in range(8):
        match given:
            case Result(Ref(name), (Display(items=(_, _)), *_)) if name in _JOINS:
                return given.argument(1, "dim") == Const(1)
            case Op("+" | "+=", (given, _)):
                pass
            case Result(Attr() as layer, (given,)) if _keeps_layout(run, layer):
                pass
            case _:
                return False
    return False


def _keeps_layout(run: Run, layer: Attr) -> bool:
    from ml_lsp.semantics.torch.instances import constructions

    scope = run.run.site.scope if run.run.site is not None else None
    made = constructions(scope, layer) if scope is not None else ()
    return bool(made) and all(_SAME_LAYOUT.match(getattr(one.callee, "name", "")) for one in made)


def is_said_batch_first(call: Call, run: Run) -> bool:
    """Whether a comment at a layer's call, or the docstring for a parameter, says (batch, time, ...)."""
    scope = call.scope
    if _BATCH_FIRST.search(comment_near(scope, call.node)):
        return True
    given = run.input
    if not isinstance(given, Param) or not isinstance(scope.node, ast.FunctionDef):
        return False
    documented = ast.get_docstring(scope.node) or ""
    return any(
        line.lstrip("-* ").startswith(given.name) and _BATCH_FIRST.search(line)
        for line in documented.splitlines()
    )
