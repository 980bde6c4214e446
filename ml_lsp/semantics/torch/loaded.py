"""What is done with an object after a call made it, in its function, its class or the module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.objects import unwrapped
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Item, Value, options

_WORD = re.compile(r"[A-Za-z]+")
# What only modules have: neither tensors nor dicts of tensors.
_OF_MODULES = frozenset({
    "eval", "train", "parameters", "named_parameters", "modules", "named_modules", "children", "forward",
    "state_dict", "zero_grad",
})  # fmt: skip

_TAKE_MODULES = frozenset({
    "torch.nn.DataParallel", "torch.nn.parallel.DistributedDataParallel", "torch.onnx.export", "torch.jit.trace",
    "torch.jit.script", "torch.export.export", "torch.compile",
})  # fmt: skip


def uses(made: Call) -> Iterator[Call]:
    """The calls of what a call made, and of its methods: `net(x)`, `net.eval()`, `made["net"].eval()`."""
    for scope in where_named(made):
        for call in scope.calls:
            of = call.receiver if call.receiver is not None else call.callee
            for value in {id(v): v for v in (of, call.callee)}.values():
                if any(_is(scope, option, made) for option in options(value)):
                    yield call
                    break


def words_about(load: Call) -> frozenset[str]:
    """The words, in lower case, of the statement that loads a file; of a loop or `with`, those of the call alone."""
    statement = load.scope.statement_of(load.node)
    text = load.scope.text(load.node if statement is None or hasattr(statement, "body") else statement)
    return frozenset(word.lower() for word in _WORD.findall(text)) - {"torch", "load", "self"}


def is_taken_away(load: Call) -> bool:
    """Whether the same function removes the file that a call loads: it was put there for this program to find."""
    path = _written(load, 0)
    for call in load.scope.calls:
        node = call.argument(0, "path") if call.name in ("os.remove", "os.unlink") else None
        if call.method == "unlink" and isinstance(call.node.func, ast.Attribute):
            node = call.node.func.value
        if node is not None and load.scope.text(node) == path:
            return True
    return False


def _written(call: Call, position: int) -> str:
    """The file of a `torch.save` or `torch.load`, as it is written."""
    node = call.argument(position, "f")
    return call.scope.text(node) if node is not None else ""


def is_used_as_module(made: Call) -> bool:
    """Whether what a call made is called or handed to what takes modules, or a method of modules is called on it."""
    found = (use for use in uses(made) if use.node is not made.node and not _is_asked_first(use))
    if any(map(_fits_module, found)):
        return True
    given = (call for call in made.scope.calls if call.name in _TAKE_MODULES and call.node.args)
    return any(_is(call.scope, call.scope.value(call.node.args[0]), made) for call in given)


def sets_numpy_generator(made: Call) -> bool:
    """Whether NumPy's generator gets its state from what a call loaded: arrays, which the safe loader refuses."""
    return made.scope.inquiry.mentions("set_state") and any(
        call.node.args
        and (call.name == "numpy.random.set_state" or call.method == "set_state")
        and _is(call.scope, call.scope.value(call.node.args[0]), made)
        for call in made.scope.calls
    )


def _is_asked_first(use: Call) -> bool:
    """Whether a use stands in a branch for one kind of object, `if not isinstance(loaded, dict):`, or in a handler."""
    if any(block.arm.startswith("handler") for block in use.block.chain()):
        return True  # what an older file may hold
    tests = (block.node.test for block in use.block.chain() if isinstance(block.node, ast.If))
    names = (part.id for test in tests for part in ast.walk(test) if isinstance(part, ast.Name))
    return "isinstance" in names


def _fits_module(use: Call) -> bool:
    return use.method is None or not _is_receiver(use) or use.method in _OF_MODULES


def _is_receiver(use: Call) -> bool:
    """Whether the object is what a method is called on; `self.net(x)` calls it itself."""
    own = own_class_of(use.scope, use.receiver) if use.receiver is not None else None
    return own is None or not own.assignments(use.method or "")


def _is(scope: Scope, value: Value, made: Call) -> bool:
    """Whether a value is the object that a call made, or a part of it."""
    value = unwrapped(value)
    while isinstance(value, Item):
        value = unwrapped(value.owner)
    found = constructions(scope, value)
    return any(one.site is not None and one.site.node is made.node for one in found)


def where_named(made: Call) -> Iterator[Scope]:
    """Where the object can be named: the function, its class for an attribute, the module for a global."""
    scope = made.scope
    statement = scope.statement_of(made.node)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(target, ast.Attribute) and scope.owner is not None:
        for method in scope.owner.methods.values():
            yield from method.with_inner()
    elif isinstance(target, ast.Name) and scope.is_module_level:
        yield from scopes_mentioning(scope.inquiry, target.id)
    else:
        yield from scope.with_inner() if scope.is_function else (scope,)
