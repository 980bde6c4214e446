"""What loading a sample costs, and which loops train on what a loader yields."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ml_lsp.semantics import library
from ml_lsp.semantics.body import Loop, loops_of
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.reach import acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.training import train_loop
from ml_lsp.semantics.types import arguments_of, own_class_of
from ml_lsp.semantics.values import Attr, Const, Display, Item, Param, Ref, Result, Value, identity
from ml_lsp.syntax.trees import own_name

_PARTS_OF_A_DATASET = frozenset({"torch.utils.data.Subset", "torch.utils.data.random_split"})
# What processes cannot share: open files and connections, tensors on a GPU.
_HANDLES = frozenset({
    "h5py.File", "builtins.open", "lmdb.open", "zipfile.ZipFile", "tarfile.open", "sqlite3.connect",
    "tables.open_file", "rasterio.open", "cv2.VideoCapture",
})  # fmt: skip


def whole_dataset(dataset: Value) -> Value:
    """A dataset below `Subset(...)` and the parts of a `random_split(...)`."""
    while True:
        match dataset:
            case Item(Result(Ref(name), (first, *_))) if name in _PARTS_OF_A_DATASET:
                dataset = first
            case Result(Ref(name), (first, *_)) if name in _PARTS_OF_A_DATASET:
                dataset = first
            case _:
                return dataset


def own_dataset(scope: Scope, dataset: Value) -> Class | None:
    """The class of the project that a dataset with numbered items is, if processes can share its objects."""
    own = own_class_of(scope, dataset)
    if own is None or not own.is_a(library.DATASET) or own.is_a("torch.utils.data.IterableDataset"):
        return None
    for one in own.lineage():
        if any(_is_bound_to_a_process(call) for method in one.methods.values() for call in method.calls):
            return None
    return own


def _is_bound_to_a_process(call: Call) -> bool:
    """Whether a call puts tensors on a GPU, or opens what the dataset keeps open."""
    if call.method == "cuda":
        return True
    if call.name not in _HANDLES:
        return False
    statement = call.scope.statement_of(call.node)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Attribute) for target in targets)


def item_work(dataset: Class, costly: Collection[str]) -> Call | None:
    """The first costly call that fetching an item makes, in `__getitem__` or its helpers."""
    method = dataset.method("__getitem__")
    for act in acts(method.calls) if method is not None else ():
        if act.call.name in costly:
            return act.call
    return None


def is_trained_on(loader: Call) -> bool:
    """Whether a loop that runs backward and lets an optimizer step goes over what a loader call makes."""
    return any(train_loop(loop) is not None for loop in _loops_over(loader))


def _loops_over(loader: Call) -> Iterator[Loop]:
    for scope in _readers(loader):
        for loop in loops_of(scope):
            if _is_made_by(scope, loop.iterable, loader):
                yield loop
        for call in scope.calls:
            if call.node is not loader.node and _is_passed(call, loader):
                yield from _loops_of_callee(call, loader)


def _is_passed(call: Call, loader: Call) -> bool:
    given = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
    return any(_is_made_by(call.scope, call.scope.value(argument), loader) for argument in given)


def _loops_of_callee(call: Call, loader: Call) -> Iterator[Loop]:
    """The loops of a function that go over the parameter for which it is given the loader."""
    function, value = call.target, call.value
    if function is None or not isinstance(value, Result):
        return
    passed = {
        identity(parameter)
        for parameter, given in arguments_of(function, value).items()
        if isinstance(parameter, Param) and _is_made_by(call.scope, given, loader)
    }
    for loop in loops_of(function):
        if identity(loop.iterable) in passed:
            yield loop


def _is_made_by(scope: Scope, value: Value, loader: Call) -> bool:
    made: tuple[Value, ...] = (value,)
    if isinstance(value, Attr):
        made = constructions(scope, value)
    elif isinstance(value, Display):
        return False
    return any(one.site is not None and one.site.node is loader.node for one in made)


def _readers(loader: Call) -> Iterator[Scope]:
    """The scopes that can name what a loader call makes: its own, and those that mention its variable."""
    seen = set(loader.scope.together())
    yield from seen
    statement = loader.scope.statement_of(loader.node)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    inquiry = loader.scope.inquiry
    for target in targets:
        name = own_name(target)
        for scope in scopes_mentioning(inquiry, name) if name else ():
            if scope not in seen:
                seen.add(scope)
                yield scope


def has_transform(dataset: Result) -> bool:
    """Whether a torchvision dataset is given a transform."""
    transform = dataset.keyword("transform")
    return transform is not None and transform != Const(None)
