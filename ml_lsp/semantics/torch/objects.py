"""PyTorch's words for values: tensors, modules, optimizers, loaders, and who owns the training step."""

from __future__ import annotations

import ast
import re

from ml_lsp.semantics import library, types
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Attr, Const, Global, Item, Local, Op, Param, Ref, Result, Value, options
from ml_lsp.syntax.trees import own_name

_OPTIMIZER_NAME = re.compile(
    r"(?:^|_)(?:optim|optimi[sz]er|opt)(?:s|_?\w{0,2})?(?:_|\d|$)|^(?:optim|opt)(?:imi[sz]er)?(?:_|[A-Z]|\d|$)",
    re.IGNORECASE,
)
_SCALER_NAME = re.compile(r"(?:^|_)(?:grad_?)?scaler(?:_|\d|$)", re.IGNORECASE)
_EVAL_LOADER = re.compile(
    r"(?:^|_)(?:val|valid|validation|test|eval|evaluation|dev)(?:_?(?:data)?_?(?:loader|dl|dataloader|iter|set|data))?s?\Z"
)
_MODEL_NAME = re.compile(
    r"(?:^|_)(?:model|net|network|module|encoder|decoder|backbone|head|generator|discriminator|critic|actor"
    r"|policy|agent|criterion|loss_fn|loss_func|loss_function)s?(?:_|\d|$)|^net[A-Z]"
)
_LOADER_NAME = re.compile(r"(?:^|_)(?:data)?_?(?:loader|dl|dataloader|iterator|iter)s?\Z")

# Frameworks that own the training step themselves.
_MANAGED_CLASSES = (
    library.LIGHTNING_MODULE,
    "transformers.Trainer",
    "speechbrain.Brain",
    "speechbrain.core.Brain",
    "composer.ComposerModel",
    "composer.models.ComposerModel",
    "fastai.learner.Learner",
    "skorch.NeuralNet",
    "lightning.pytorch.callbacks.Callback",
)


def is_module(scope: Scope, value: Value) -> bool:
    """Whether a value is certainly an `nn.Module`."""
    return types.is_a(scope, value, library.MODULE)


def is_tensor(scope: Scope, value: Value) -> bool:
    """Whether a value is certainly a tensor."""
    return types.is_a(scope, value, library.TENSOR)


def last_name(value: Value) -> str:
    """The last name of a value that is written as one: `self.optimizer` -> optimizer; empty for others."""
    match value:
        case Param(name=name) | Attr(name=name) | Global(name=name) | Local(name=name):
            return name
        case Ref(name=name):
            return name.rpartition(".")[2]
        case Item(owner, _):
            return last_name(owner)
    return ""


def written_name(node: ast.expr) -> str:
    """The last name of an expression as written: `self.train_loader[0]` -> train_loader."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return own_name(node)


def is_optimizer(scope: Scope, node: ast.expr) -> bool:
    """Whether an expression is an optimizer: by its class, else by its name if its class is unknown."""
    found = types.class_of(scope, scope.value(node))
    if found is not None:
        return library.OPTIMIZER in types.ancestry(scope, found)
    return bool(_OPTIMIZER_NAME.search(written_name(node)))


def is_scaler(scope: Scope, node: ast.expr) -> bool:
    """Whether an expression is a gradient scaler: by its class, else by its name if its class is unknown."""
    found = types.class_of(scope, scope.value(node))
    if found is not None:
        return library.SCALER in types.ancestry(scope, found)
    return bool(_SCALER_NAME.search(written_name(node)))


def is_evaluation_loader_name(name: str) -> bool:
    """Whether a name says that it holds held-out batches: val_loader, test_dl, eval_dataloader."""
    return bool(_EVAL_LOADER.search(name.lower()))


def is_loader_name(name: str) -> bool:
    """Whether a name says that it holds batches."""
    return bool(_LOADER_NAME.search(name.lower()))


def is_optimizer_name(name: str) -> bool:
    """Whether a name says that it holds an optimizer."""
    return bool(_OPTIMIZER_NAME.search(name))


def is_model_name(name: str) -> bool:
    """Whether a name says that it holds a module: weak evidence, never enough to report."""
    return bool(_MODEL_NAME.search(name))


def is_managed(scope: Scope) -> bool:
    """Whether a framework runs the training step around this code: Lightning, the HF Trainer and others."""
    here: Scope | None = scope
    while here is not None:
        if here.owner is not None and here.owner.is_a(*_MANAGED_CLASSES):
            return True
        here = here.parent
    return False


def enclosing_class(scope: Scope) -> Class | None:
    """The class that a scope stands in, functions inside methods included."""
    here: Scope | None = scope
    while here is not None:
        if here.owner is not None:
            return here.owner
        here = here.parent
    return None


_NO_GRAD = frozenset({"torch.no_grad", "torch.inference_mode"})


def turns_grad_off(value: Value) -> bool:
    """Whether entering a value (or decorating with it) turns autograd off."""
    match value:
        case Ref(name):
            return name in _NO_GRAD
        case Result(Ref("torch.set_grad_enabled"), args, _):
            mode = args[0] if args else value.keyword("mode")
            return mode == Const(False)
        case Result(Ref("torch.inference_mode"), args, _):
            mode = args[0] if args else value.keyword("mode")
            return mode is None or mode == Const(True)
        case Result(Ref("torch.no_grad")):
            return True
    return False


def may_turn_grad_off(value: Value) -> bool:
    """The same, where it depends on a flag: `set_grad_enabled(train)`, `no_grad() if ... else nullcontext()`."""
    for option in options(value):
        if turns_grad_off(option):
            return True
        match option:
            case Result(Ref("torch.set_grad_enabled"), args, _):
                mode = args[0] if args else option.keyword("mode")
                if mode != Const(True):
                    return True
    return False


def grad_is_off(scope: Scope, block: Block) -> bool:
    """Whether autograd is (or may be) off in a block: by `with`, decorator, or a class or function around it."""
    for here in block.chain():
        items = here.node.items if isinstance(here.node, ast.With | ast.AsyncWith) else ()
        if any(may_turn_grad_off(scope.value(item.context_expr)) for item in items):
            return True
    around: Scope | None = scope
    while around is not None:
        if any(may_turn_grad_off(decorator) for decorator in around.decorators):
            return True
        outer = around.parent
        if outer is not None and around.node is not None and outer.node is not None:
            place = outer.flow.blocks.get(around.node)
            if place is not None and grad_is_off(outer, place):
                return True
        around = outer
    return False


def unwrapped(value: Value) -> Value:
    """A module below `.to(...)`, `.cuda()`, `.train()`, DataParallel, DDP, torch.compile and the like."""
    for _ in range(12):
        match value:
            case Result(Attr(owner, name)) if name in library.SAME_OBJECT_METHODS:
                value = owner
            case Result(Ref(name), (first, *_)) if name in library.SAME_AS_FIRST or name in _WRAPPERS:
                value = first
            case Attr(owner, "module"):
                value = owner
            case Op("await", (inner,)):
                value = inner
            case _:
                break
    return value


_WRAPPERS = frozenset({
    "torch.nn.DataParallel", "torch.nn.parallel.DistributedDataParallel", "torch.distributed.fsdp.FullyShardedDataParallel",
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm", "apex.parallel.DistributedDataParallel",
})  # fmt: skip


_SAMPLING = re.compile(
    r"(?:^|_)(?:generate|sample|sampling|predict|infer|inference|decode|beam_search)(?:_|$)"
)


def is_sampling(scope: Scope) -> bool:
    """Whether a function's name says that it produces outputs and never trains."""
    return bool(_SAMPLING.search(scope.name))
