"""What is known of libraries without looking at them: which names are classes, their bases, what calls return.

Import paths alone must do where no library is installed; the oracle knows more where one is.
"""

from __future__ import annotations

import re
from functools import lru_cache

TENSOR = "torch.Tensor"
MODULE = "torch.nn.Module"
METRIC = "torchmetrics.Metric"
OPTIMIZER = "torch.optim.Optimizer"
SCHEDULER = "torch.optim.lr_scheduler.LRScheduler"
LOADER = "torch.utils.data.DataLoader"
DATASET = "torch.utils.data.Dataset"
SCALER = "torch.amp.GradScaler"
LIGHTNING_MODULE = "lightning.pytorch.LightningModule"

# Calls that return their first argument, or the same thing in another form.
SAME_AS_FIRST = frozenset({
    "torch.compile", "torch.jit.script", "torch.jit.freeze", "copy.copy", "copy.deepcopy",
    "torch.nn.utils.spectral_norm", "torch.nn.utils.weight_norm", "torch.nn.utils.prune.l1_unstructured",
    "torch.nn.utils.parametrizations.spectral_norm", "torch.nn.utils.parametrizations.weight_norm",
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm", "typing.cast",
})  # fmt: skip

# Methods of a module that return the module itself.
SAME_OBJECT_METHODS = frozenset({
    "to", "cuda", "cpu", "xpu", "ipu", "half", "float", "double", "bfloat16", "type", "train", "eval",
    "requires_grad_", "apply", "share_memory", "to_empty", "compile",
})  # fmt: skip

_NO_TENSOR_FUNCTIONS = frozenset({
    "load", "save", "manual_seed", "seed", "initial_seed", "device", "dtype", "no_grad", "enable_grad",
    "inference_mode", "set_grad_enabled", "set_default_dtype", "set_default_device", "set_num_threads",
    "get_num_threads", "compile", "is_tensor", "is_grad_enabled", "get_rng_state", "set_rng_state",
    "set_printoptions", "use_deterministic_algorithms", "set_float32_matmul_precision", "typename", "numel",
    "Size", "Generator", "finfo", "iinfo", "get_default_dtype", "get_default_device", "is_floating_point",
    "is_complex", "is_storage", "chunk", "split", "unbind", "meshgrid", "topk", "sort", "max", "min", "svd",
    "unique", "mode", "median", "kthvalue", "cummax", "cummin", "frexp", "tensor_split", "hsplit", "vsplit",
    "broadcast_tensors", "atleast_1d", "atleast_2d", "atleast_3d", "where", "nonzero", "equal", "allclose",
    "result_type", "promote_types", "can_cast", "fork", "wait", "vmap", "cond", "while_loop",
})  # fmt: skip

_NO_TENSOR_METHODS = frozenset({
    "item", "tolist", "numpy", "size", "stride", "dim", "ndimension", "numel", "nelement", "element_size",
    "data_ptr", "get_device", "storage", "untyped_storage", "is_contiguous", "is_floating_point", "is_complex",
    "backward", "register_hook", "retain_grad", "chunk", "split", "unbind", "topk", "sort", "svd", "unique",
    "max", "min", "median", "mode", "kthvalue", "tensor_split", "nonzero", "storage_offset", "equal",
    "allclose", "type", "is_pinned", "is_shared", "__len__", "__bool__", "aminmax", "cummax", "cummin",
})  # fmt: skip

_FUNCTIONAL_PAIRS = frozenset(
    {"multi_head_attention_forward", "max_pool2d_with_indices", "ctc_greedy_decoder"}
)

# Layers of which the output is not one tensor.
_SEVERAL_OUTPUTS = frozenset({
    "torch.nn.LSTM", "torch.nn.GRU", "torch.nn.RNN", "torch.nn.LSTMCell", "torch.nn.MultiheadAttention",
    "torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict", "torch.nn.Module",
    "torch.nn.DataParallel", "torch.nn.parallel.DistributedDataParallel", "torch.nn.AdaptiveLogSoftmaxWithLoss",
})  # fmt: skip

_MODULE_FACTORIES = re.compile(
    r"torchvision\.models\.(?!utils\.)(?:[a-z0-9_]+\.)*[a-z][a-z0-9_]*\Z|timm\.create_model\Z|timm\.models\.create_model\Z"
    r"|segmentation_models_pytorch\.create_model\Z"
)
_NO_FACTORIES = frozenset({"list_models", "get_weight", "get_model_weights", "get_model_builder"})
_TRANSFORMERS_MODEL = re.compile(
    r"transformers\.(?:AutoModel\w*|\w+Model|\w+For[A-Z]\w*)\.from_(?:pretrained|config)\Z"
)
_TRANSFORMERS_SCHEDULE = re.compile(r"transformers\.(?:optimization\.)?get_\w*schedule\w*\Z")

_FUNCTIONS = {
    "torch.nn.parameter.Parameter": "torch.nn.Parameter",
    "torch.jit.load": "torch.jit.ScriptModule",
    "torch.hub.load": MODULE,
    "torch.autograd.grad": "builtins.tuple",
    "builtins.open": "io.IOBase",
    "lightning.fabric.Fabric": "lightning.fabric.Fabric",
    "logging.getLogger": "logging.Logger",
    "argparse.ArgumentParser": "argparse.ArgumentParser",
    "numpy.random.default_rng": "numpy.random.Generator",
    "pandas.read_csv": "pandas.DataFrame",
    "pandas.read_parquet": "pandas.DataFrame",
    "pandas.read_excel": "pandas.DataFrame",
    "pandas.read_json": "pandas.DataFrame",
    "pandas.read_sql": "pandas.DataFrame",
    "pandas.read_table": "pandas.DataFrame",
    "pandas.read_feather": "pandas.DataFrame",
    "pandas.read_pickle": "pandas.DataFrame",
    "pandas.concat": "pandas.DataFrame",
    "pandas.merge": "pandas.DataFrame",
    "kan.KAN.loadckpt": "kan.KAN",
}

# Methods that build another object of their class and return it.
_COPYING_METHODS = {
    "kan.KAN": frozenset({
        "refine", "prune", "prune_node", "prune_input", "rewind", "checkout", "copy",
    }),
}  # fmt: skip

_BASES: dict[str, tuple[str, ...]] = {
    "torch.nn.Parameter": (TENSOR,),
    "torch.nn.UninitializedParameter": ("torch.nn.Parameter", TENSOR),
    "torch.nn.Buffer": (TENSOR,),
    "torch.nn.Module": (),
    "transformers.PreTrainedModel": (MODULE,),
    LIGHTNING_MODULE: (MODULE,),
    "lightning.pytorch.callbacks.Callback": (),
    "lightning.pytorch.LightningDataModule": (),
    "torch.jit.ScriptModule": (MODULE,),
    "torch.optim.Optimizer": (),
    SCHEDULER: (),
    LOADER: (),
    DATASET: (),
    "torch.utils.data.IterableDataset": (DATASET,),
    "torch.utils.data.TensorDataset": (DATASET,),
    "torch.cuda.amp.GradScaler": (SCALER,),
    "torch.cpu.amp.GradScaler": (SCALER,),
    "torch.distributed.fsdp.sharded_grad_scaler.ShardedGradScaler": (SCALER,),
    "keras.Model": (),
    "keras.Sequential": ("keras.Model",),
    "kan.KAN": (MODULE,),
    "kan.MultKAN": ("kan.KAN", MODULE),
    "yaml.CSafeLoader": ("yaml.SafeLoader",),
    "yaml.CLoader": ("yaml.Loader",),
    "yaml.CUnsafeLoader": ("yaml.UnsafeLoader",),
    "yaml.CBaseLoader": ("yaml.BaseLoader",),
    "yaml.CFullLoader": ("yaml.FullLoader",),
    "accelerate.optimizer.AcceleratedOptimizer": (OPTIMIZER,),
}

_FAMILIES = (
    (re.compile(r"torch\.nn\.parallel\.[A-Z]\w*\Z"), (MODULE,)),
    (re.compile(r"torch\.nn\.(?!(?:Uninitialized)?(?:Parameter|Buffer)\Z)[A-Z]\w*\Z"), (MODULE,)),
    (re.compile(r"torch\.optim\.lr_scheduler\.[A-Z]\w*\Z"), (SCHEDULER,)),
    (re.compile(r"torch\.optim\.[A-Z]\w*\Z"), (OPTIMIZER,)),
    (re.compile(r"torch\.utils\.data\.\w*Sampler\Z"), ("torch.utils.data.Sampler",)),
    (re.compile(r"torch\.utils\.data\.\w*Dataset\Z"), (DATASET,)),
    (re.compile(r"torchvision\.datasets\.[A-Z]\w*\Z"), (DATASET,)),
    (re.compile(r"torchvision\.ops\.[A-Z]\w*\Z"), (MODULE,)),
    (re.compile(r"torchvision\.models\.(?:\w+\.)*(?!\w*Weights(?:Enum)?\Z)[A-Z]\w*\Z"), (MODULE,)),
    (re.compile(r"torchvision\.transforms\.v2\.[A-Z]\w*\Z"), (MODULE,)),
    # the others of the first version are plain callables: torchvision/transforms/transforms.py
    (re.compile(r"torchvision\.transforms\.(?!(?:Compose|ToTensor|PILToTensor|ToPILImage|Lambda|RandomTransforms"
                r"|RandomOrder|RandomChoice)\Z)[A-Z]\w*\Z"), (MODULE,)),
    (re.compile(r"transformers\.(?:AdamW|Adafactor)\Z"), (OPTIMIZER,)),
    (re.compile(r"transformers\.(?:PreTrainedModel|\w+PreTrainedModel|\w+Model|\w+For[A-Z]\w*)\Z"),
     ("transformers.PreTrainedModel", MODULE)),
    (re.compile(r"transformers\.\w*Trainer\Z"), ("transformers.Trainer",)),
    (re.compile(r"lightning\.pytorch\.callbacks\.[A-Z]\w*\Z"), ("lightning.pytorch.callbacks.Callback",)),
    (re.compile(r"torchmetrics\.(?:\w+\.)*[A-Z]\w*\Z"), (METRIC, MODULE)),
    (re.compile(r"keras\.layers\.(?:\w+\.)*[A-Z]\w*\Z"), ("keras.layers.Layer",)),
    (re.compile(r"keras\.optimizers\.(?:\w+\.)*[A-Z]\w*\Z"), ("keras.optimizers.Optimizer",)),
    (re.compile(r"torch_geometric\.nn\.(?:\w+\.)*[A-Z]\w*\Z"), (MODULE,)),
    (re.compile(r"torch_geometric\.loader\.\w*Loader\Z"), (LOADER,)),
)  # fmt: skip


@lru_cache(maxsize=4096)
def ancestry(name: str) -> tuple[str, ...]:
    """A class and the classes it is known to derive from, nearest first, by their public names."""
    found = {name: None}
    for base in _BASES.get(name, ()):
        found.update(dict.fromkeys(ancestry(base)))
    for pattern, bases in _FAMILIES:
        if pattern.match(name):
            for base in bases:
                found.update(dict.fromkeys(ancestry(base) if base != name else ()))
    return tuple(found)


def is_a(name: str, base: str) -> bool:
    """Whether a class is, or is known to derive from, another."""
    return base in ancestry(name)


def is_known_class(name: str) -> bool:
    """Whether a class's bases are known."""
    return name in _BASES or len(ancestry(name)) > 1 or name.startswith(("builtins.", "abc.", "typing."))


@lru_cache(maxsize=4096)
def returned(name: str) -> str | None:
    """The class of what calling an outside function or class returns, None if it is not known."""
    if name in _FUNCTIONS:
        return _FUNCTIONS[name]
    last = name.rpartition(".")[2]
    if _MODULE_FACTORIES.match(name) and last not in _NO_FACTORIES:
        return MODULE
    if _TRANSFORMERS_MODEL.match(name):
        return "transformers.PreTrainedModel"
    if _TRANSFORMERS_SCHEDULE.match(name):
        return SCHEDULER
    if last[:1].isupper():
        return name
    module = name.rpartition(".")[0]
    if module == "torch" and last not in _NO_TENSOR_FUNCTIONS:
        return TENSOR
    if module == "torch.nn.functional" and last not in _FUNCTIONAL_PAIRS:
        return TENSOR
    if module in ("torch.linalg", "torch.fft", "torch.special") and last not in ("svd", "eigh", "eig", "qr"):
        return TENSOR
    return None


def returned_by_instance(name: str) -> str | None:
    """The class of what calling an instance of an outside class returns: a layer or a loss returns a tensor."""
    if name in _SEVERAL_OUTPUTS or not is_a(name, MODULE):
        return None
    return TENSOR if name.startswith("torch.nn.") else None


def returned_by_method(owner: str, name: str) -> str | None:
    """The class of what a method of an outside class returns."""
    if is_a(owner, TENSOR):
        return None if name in _NO_TENSOR_METHODS else TENSOR
    copying = any(name in methods for base, methods in _COPYING_METHODS.items() if is_a(owner, base))
    return owner if copying else None
