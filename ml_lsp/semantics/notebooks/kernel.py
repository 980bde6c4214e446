"""What a kernel gives a notebook besides the names that its cells bind, and which cells it does not run."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from ml_lsp.semantics.flow import Load
from ml_lsp.semantics.notebooks.cell_names import piece_names
from ml_lsp.semantics.notebooks.notebook import Notebook, NotebookCell
from ml_lsp.syntax.magics import PYTHON_CELL_MAGICS
from ml_lsp.syntax.trees import tree

_ALWAYS_THERE = frozenset(dir(builtins)) | {"get_ipython", "In", "Out", "display", "exit", "quit"}
# Databricks' notebooks start with these.
_HOSTED = frozenset({"dbutils", "spark", "sc", "sqlContext", "sql", "displayHTML", "table", "getArgument"})
# Magics after which any name may be there: what they run is not in the notebook.
_BRINGING_MAGICS = frozenset({
    "run", "load", "loadpy", "pylab", "store", "recall", "rerun", "macro", "edit", "autopx", "reload_kedro",
})  # fmt: skip
# Extensions that bring magics and no names. Others may push what they like: https://docs.kedro.org brings `catalog`.
_QUIET_EXTENSIONS = frozenset({
    "autoreload", "tensorboard", "sql", "Cython", "cython", "line_profiler", "memory_profiler", "watermark",
    "google.cloud.bigquery", "rpy2.ipython", "dotenv", "nb_black", "lab_black", "jupyter_black", "autotime",
    "ipytest", "cudf.pandas", "cuml.accel", "scalene", "snakeviz", "pyinstrument", "heat", "wandb", "magic",
    "version_information", "jupyter_ai", "storemagic", "nb_mypy", "pycodestyle_magic", "blackcellmagic",
})  # fmt: skip
# Magics that give no name to later cells; of any other one, each word may be a name that it binds.
_QUIET_MAGICS = PYTHON_CELL_MAGICS - {"capture"} | {
    "pip", "conda", "mamba", "uv", "matplotlib", "config", "env", "set_env", "cd", "ls", "pwd", "load_ext",
    "reload_ext", "autoreload", "tensorboard", "bash", "sh", "script", "html", "HTML", "latex", "markdown",
    "javascript", "js", "svg", "writefile", "file", "system", "sx", "python", "python2", "python3", "pypy",
    "perl", "ruby", "watermark", "who", "whos", "reset", "precision", "cat", "mkdir", "rm", "cp",
    "mv", "colors", "logstart", "prun", "timeit", "time", "pinfo", "psource", "pdb", "xmode",
}  # fmt: skip
# Line magics that work without their `%`, unless a cell has bound the name (IPython's automagic).
_AUTOMAGICS = frozenset({
    "pwd", "ls", "ll", "lf", "lk", "lx", "ldir", "cd", "dirs", "pushd", "popd", "dhist", "cat", "cp", "mv", "rm",
    "mkdir", "rmdir", "man", "less", "more", "clear", "who", "who_ls", "whos", "hist", "history", "magic",
    "lsmagic", "matplotlib", "pylab", "quickref", "debug", "tb", "env", "conda", "alias", "bookmark", "doctest_mode",
    "automagic", "autocall", "autoindent", "pdb", "reset", "xdel", "logon", "logoff", "logstate", "pprint", "paste",
    "cpaste", "gui", "guiref", "connect_info", "qtconsole", "notebook", "rehashx", "unalias", "macro", "colors",
})  # fmt: skip
_NAME = re.compile(r"[^\W\d]\w*")
# What the magics that run other programs keep of their output, by IPython's %%script.
_KEPT_STREAM = re.compile(r"--(?:out|err|proc)(?:=|[ \t]++)(\w++)")
# Tags of cells that a fresh run does not run, or that are meant to fail.
_NOT_RUN = frozenset({"skip", "skip-execution", "raises-exception", "solution", "exercise"})
_PARAMETERS = frozenset({"parameters", "injected-parameters"})
_NOT_EVALUATED = re.compile(r"^#[ \t]*\|[ \t]*eval[ \t]*:[ \t]*false\b", re.MULTILINE | re.IGNORECASE)
_STOPPING = frozenset({"exit", "quit", "sys.exit"})


def is_always_there(name: str) -> bool:
    """Whether a name is there without any cell: Python's, IPython's, a hosted notebook's."""
    return name in _ALWAYS_THERE or name in _HOSTED or name.startswith("_")


def is_automagic(load: Load, notebook: Notebook, piece: int) -> bool:
    """Whether a name stands in a line that IPython runs as a command: `pwd`, `cd /data/run` and `ls -l` are no sums."""
    parsed = tree(notebook.inquiry.module.pieces[piece])
    shown = (
        (statement.value for statement in parsed.body if isinstance(statement, ast.Expr)) if parsed else ()
    )
    return any(
        _first_word(value) in _AUTOMAGICS and any(node is load.node for node in ast.walk(value))
        for value in shown
    )


def _first_word(value: ast.expr) -> str | None:
    """The name with which an expression of operators begins."""
    while isinstance(value, ast.BinOp | ast.Compare):
        value = value.left
    return value.id if isinstance(value, ast.Name) else None


def brings_any(notebook: Notebook, cell: NotebookCell) -> bool:
    """Whether any name may be there once a cell has run: it runs other files, text as code, or an extension."""
    if any(map(_magic_brings_any, ((magic.name.strip("%!"), magic.text) for magic in cell.magics))):
        return True
    return any(piece_names(notebook.inquiry.module.pieces[piece]).brings_any for piece in cell.pieces)


def _magic_brings_any(magic: tuple[str, str]) -> bool:
    name, text = magic
    if name in ("load_ext", "reload_ext"):
        return not _QUIET_EXTENSIONS.issuperset(text.split()[1:])
    return name in _BRINGING_MAGICS


def magic_names(cell: NotebookCell) -> frozenset[str]:
    """Names that the magics of a cell may bind. What `%%timeit a = 1` sets up and `%%bash --out a` keeps counts."""
    found: set[str] = set()
    for magic in cell.magics:
        name = magic.name
        if name.startswith("%") and (name.strip("%") not in _QUIET_MAGICS or name == "%%timeit"):
            found.update(_NAME.findall(magic.text))
        elif name.startswith("%%"):
            found.update(_KEPT_STREAM.findall(magic.text.partition("\n")[0]))
    return frozenset(found)


def is_parametrised(notebook: Notebook) -> bool:
    """Whether a tool puts values into the notebook before it runs, as papermill does."""
    tagged = any(not _PARAMETERS.isdisjoint(cell.cell.tags) for cell in notebook.cells)
    return tagged or "papermill" in notebook.metadata


def is_of_other_kernel(notebook: Notebook) -> bool:
    """Whether the notebook is for a kernel that starts with names of its own, as Sage's does."""
    kernel = notebook.metadata.get("kernelspec")
    language = kernel.get("language") if isinstance(kernel, dict) else None
    return isinstance(language, str) and not language.lower().startswith("python")


def is_run(cell: NotebookCell) -> bool:
    """Whether a fresh run runs a cell and means it to succeed."""
    return _NOT_RUN.isdisjoint(cell.cell.tags) and not _NOT_EVALUATED.search(cell.cell.source)


def is_to_be_filled_in(notebook: Notebook) -> bool:
    """Whether cells wait for a student's code: `raise NotImplementedError`, alone at the top level."""
    return any(
        isinstance(statement, ast.Raise) and "NotImplementedError" in ast.dump(statement)
        for cell in notebook.cells
        for statement in _statements(notebook, cell)
    )


def stops(notebook: Notebook, cell: NotebookCell) -> bool:
    """Whether a run of all cells ends in a cell: it raises, or leaves, under no condition."""
    for statement in _statements(notebook, cell):
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(statement, ast.Raise):
            return "raises-exception" not in cell.cell.tags
        if isinstance(call, ast.Call) and ast.unparse(call.func) in _STOPPING:
            return True
    return False


def _statements(notebook: Notebook, cell: NotebookCell) -> Iterator[ast.stmt]:
    for piece in cell.pieces:
        segment = notebook.inquiry.module.pieces[piece]
        parsed = tree(segment) if not segment.kind.in_class else None
        yield from parsed.body if parsed is not None else ()
