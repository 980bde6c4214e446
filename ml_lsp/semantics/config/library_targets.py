"""The dotted names in configs that lead into installed libraries, and those among them that lead to nothing."""

from __future__ import annotations

from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.signatures import Missing


def missing_in_library(file: ConfigFile, dotted: str) -> Missing | None:
    """What an installed library surely lacks of a name that leads out of the workspace; None as long as nobody has
    looked it up."""
    if "." not in dotted or not all(map(str.isidentifier, dotted.split("."))):
        return None
    if file.project is None or file.project.find(dotted, file.path) is not None:
        return None
    looked_up = file.looked_up(dotted)
    if looked_up is None or looked_up.kind != "missing":
        return None
    name = dotted.removeprefix(f"{looked_up.where}.").partition(".")[0]
    return Missing(name, looked_up.where, frozenset({looked_up.near} - {""}), in_library=True)
