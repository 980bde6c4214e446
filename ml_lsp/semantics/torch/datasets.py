"""Datasets and the loaders over them: what a loader is given, how many workers it has, and what they run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.semantics import library
from ml_lsp.semantics.argparse import option_default
from ml_lsp.semantics.body import Loop, is_loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import find_callers
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.signatures import default_of
from ml_lsp.semantics.torch.loading import whole_dataset
from ml_lsp.semantics.torch.objects import enclosing_class, last_name
from ml_lsp.semantics.types import arguments_of, own_class_of
from ml_lsp.semantics.values import Attr, Const, Param, Ref, Result, Value, options

ITERABLE = "torch.utils.data.IterableDataset"
# Methods that run in the workers, if a loader has any.
_IN_WORKERS = ("__getitem__", "__getitems__", "__iter__", "__next__")
_WORKERS_AT = 5
# Names of classes that prepare and give samples.
_FILE_OF_DATA = re.compile(r"(?:^|_)data_?(?:sets?|modules?)(?:_|\.py|\Z)")
_OF_DATA = re.compile(r"Dataset|DataModule|DataSource|DataPipe")


def is_map_style(own: Class) -> bool:
    """Whether a class is a dataset with numbered items."""
    return own.is_a(library.DATASET) and not own.is_a(ITERABLE) and own.method("__getitem__") is not None


def is_iterable_style(own: Class) -> bool:
    """Whether a class is a dataset that yields its items one after the other."""
    return own.is_a(ITERABLE) and own.method("__iter__") is not None


def is_code_of_a_dataset(scope: Scope) -> bool:
    """Whether a scope is a method of a class of data: by its file, its parents' names or its own, or as it gives items."""
    owner = enclosing_class(scope)
    if owner is None:
        return False
    if any(_FILE_OF_DATA.search(part) for part in scope.inquiry.module.path.parts):
        return True
    names = (*(one.name for one in owner.lineage()), *owner.ancestors, *map(last_name, owner.bases))
    return owner.method("__getitem__") is not None or any(_OF_DATA.search(name) for name in names)


def given_datasets(loader: Call) -> Iterator[tuple[Scope, Value]]:
    """What a loader call is given to load, each with the scope that says so.

    A parameter is followed to what the callers of its function pass, if all of them are seen.
    """
    scope, given = loader.scope, loader.argument_value(0, "dataset")
    for option in options(given) if given is not None else ():
        if not isinstance(option, Param) or option.function != scope.name or own_class_of(scope, option):
            yield scope, option
            continue
        for caller in find_callers(scope) or ():
            made = caller.value
            passed = arguments_of(scope, made).get(option) if isinstance(made, Result) else None
            if passed is not None:
                yield from ((caller.scope, one) for one in options(passed))


def loaded_class(loader: Call) -> Class | None:
    """The class of the project whose objects, or parts of them, a loader call loads; None if it is not one."""
    found = _classes(loader)
    return found[0] if found and len({id(own.node) if own else None for own in found}) == 1 else None


def loaders_over(own: Class) -> Iterator[Call]:
    """The loader calls, in the class's file and those that import it, that load objects of a class."""
    for inquiry in (own.scope.inquiry, *own.scope.inquiry.importers()):
        for call in _loader_calls(inquiry):
            if any(found is not None and found.node is own.node for found in _classes(call)):
                yield call


def _classes(loader: Call) -> list[Class | None]:
    return [own_class_of(scope, whole_dataset(value)) for scope, value in given_datasets(loader)]


def _loader_calls(inquiry: Inquiry) -> Iterator[Call]:
    names = ["DataLoader"]
    names += [name for name, of in inquiry.module.tables.imports.items() if of.endswith(".DataLoader")]
    yield from (call for call in calls_mentioning(inquiry, *names) if call.name == library.LOADER)


def worker_count(loader: Call) -> int | None:
    """How many workers a loader call asks for, unless told otherwise; None if that cannot be seen.

    A parameter and an option of the command line count with their defaults.
    """
    given = loader.argument_value(_WORKERS_AT, "num_workers")
    if given is None:
        return 0 if loader.lacks(_WORKERS_AT, "num_workers") else None
    counts = [_number(loader.scope, option) for option in options(given)]
    return min((count for count in counts if count is not None), default=None) if None not in counts else None


def has_workers(loader: Call) -> bool:
    """Whether a loader call asks for workers: a number above 0, or a variable of which it is not known to be 0."""
    count = worker_count(loader)
    return count != 0 and (count is not None or loader.argument(_WORKERS_AT, "num_workers") is not None)


def _number(scope: Scope, value: Value) -> int | None:
    match value:
        case Const(int(number)):
            return number
        case Param():
            match default_of(value):
                case ast.Constant(value=int(number)):
                    return number
        case Attr(_, name):
            found = option_default(scope.inquiry, name)
            return found if isinstance(found, int) else None
    return None


def acts_in_workers(own: Class) -> Iterator[Act]:
    """What an object of a dataset class does where samples are loaded, helpers included."""
    for name in _IN_WORKERS:
        method = own.method(name)
        if method is not None:
            yield from acts(method.calls)


def streamed(own: Class) -> Iterator[tuple[Value, bool]]:
    """What the iterator of a dataset goes over, with whether that is its outermost loop."""
    method = own.method("__iter__")
    if method is None:
        return
    for event in method.flow.events:
        match event.kind, event.node:
            case "return", ast.Return(value=ast.expr() as node):
                match method.value(node):
                    case Result(Ref("builtins.iter" | "builtins.map"), args) if args:
                        yield args[-1], True
            case "yield", ast.YieldFrom(value=node):
                yield method.value(node), not _loops_around(event.block)
            case "yield", ast.Yield():
                yield from _iterated(method, event.block)


def _iterated(method: Scope, block: Block) -> Iterator[tuple[Value, bool]]:
    """The iterables of the `for` loops around a `yield`; of a `while`, nothing."""
    around = _loops_around(block)
    if any(isinstance(here.node, ast.While) for here in around):
        return
    for here in around:
        if isinstance(here.node, ast.For):
            yield Loop(method, here.node).iterable, here is around[-1]


def _loops_around(block: Block) -> list[Block]:
    return [here for here in block.chain() if is_loop(here.node) and here.arm == "body"]
