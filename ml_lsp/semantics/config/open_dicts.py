"""What only lets the keys of a dict be written as attributes: it holds whatever the file has, and checks nothing."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class, class_of_name

# What makes one of a dict, by dotted name.
_MAKERS = frozenset({
    "types.SimpleNamespace", "argparse.Namespace", "easydict.EasyDict", "munch.Munch", "munch.munchify",
    "munch.Munch.fromDict", "munch.DefaultMunch", "munch.DefaultMunch.fromDict", "bunch.Bunch", "bunch.bunchify",
    "box.Box", "box.ConfigBox", "addict.Dict", "addict.addict.Dict", "attrdict.AttrDict", "attrdict.AttrMap",
    "attridict.AttriDict", "dotmap.DotMap", "dotwiz.DotWiz", "sklearn.utils.Bunch",
})  # fmt: skip
# Those that give something empty for a key that is not there.
_LENIENT = frozenset({"Dict", "DotMap", "DefaultMunch", "fromDict"})
# The methods of an own dict whose keys are attributes, and of nothing that does more.
_OF_ACCESS = frozenset({
    "__init__", "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__dir__", "__repr__",
    "__getstate__", "__setstate__", "copy", "__copy__", "__deepcopy__",
})  # fmt: skip


@dataclass(frozen=True)
class OpenDict:
    """Such an object: the `name` of what makes it; whether it is `lenient`, giving something for any key."""

    name: str
    lenient: bool = False


def open_dict(call: Call) -> OpenDict | None:
    """What a call makes of a dict that it is given whole, if that is such an object."""
    own = class_of_name(call.scope, call.callee)
    if own is not None:
        return OpenDict(own.name) if _is_attribute_dict(own) else None
    if call.name not in _MAKERS:
        return None
    last = call.name.rpartition(".")[2]
    return OpenDict(last, last in _LENIENT or any(word.arg == "default_box" for word in call.node.keywords))


def _is_attribute_dict(own: Class) -> bool:
    """Whether a class of the project is a dict with attributes, `class AttrDict(dict): __getattr__ = ...`."""
    names = [name for one in own.lineage() for name in one.methods]
    made = own.method("__init__")
    node = made.node if made is not None else None
    takes_all = not isinstance(node, ast.FunctionDef) or bool(node.args.vararg or node.args.kwarg)
    return own.is_a("builtins.dict") and _OF_ACCESS.issuperset(names) and takes_all
