"""Who imports whom: the same whether it is found out at once, in steps, or kept true change by change."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.semantics.importers import Importers
from ml_lsp.semantics.notebook_code import Code
from ml_lsp.shelf import Shelf

FILES = tuple(Path(f"/w/{name}.py") for name in "cadb")
IMPORTS = st.frozensets(st.sampled_from((*FILES, Path("/w/stub.pyi"))))


def all_of(importers: Importers) -> dict[Path, tuple[Path, ...]]:
    return {path: importers.of(path) for path in (*FILES, Path("/w/stub.pyi"))}


@given(
    st.fixed_dictionaries(dict.fromkeys(FILES, IMPORTS)),
    st.lists(st.tuples(st.sampled_from(FILES), IMPORTS, st.integers(0, len(FILES))), max_size=6),
)
def test_kept_true_is_the_same_as_found_out_anew(
    texts: dict[Path, frozenset[Path]], changes: list[tuple[Path, frozenset[Path], int]]
) -> None:
    texts = dict(texts)
    importers = Importers(FILES, lambda file: texts[file])
    for file, now, steps in changes:
        for _ in zip(range(steps), importers.learn(), strict=False):
            pass  # the change comes in the middle of the first look
        texts[file] = now
        importers = importers.after_change(file)
    assert all_of(importers) == all_of(Importers(FILES, lambda file: texts[file]))


def test_an_earlier_state_stays_what_it_was() -> None:
    texts = dict.fromkeys(FILES, frozenset(FILES[:1]))
    before = Importers(FILES, lambda file: texts[file])
    known = all_of(before)
    texts[FILES[1]] = frozenset()
    assert FILES[1] not in before.after_change(FILES[1]).of(FILES[0])
    assert all_of(before) == known


def test_a_file_that_is_not_listed_imports_nothing() -> None:
    importers = Importers(FILES, lambda file: frozenset(FILES[:1]))
    assert importers.of(FILES[0]) == importers.after_change(Path("/w/new.py")).of(FILES[0])


def test_importers_follow_the_texts_of_a_project(tmp_path: Path) -> None:
    for name, text in {"a.py": "import b\n", "b.py": "import b, torch\n", "c.py": ""}.items():
        (tmp_path / name).write_text(text)
    shelf = Shelf()
    project = shelf.project([tmp_path], sorted(tmp_path.iterdir()))
    assert project.importers(tmp_path / "b.py") == (tmp_path / "a.py",)  # nobody imports oneself
    shelf.in_editor[tmp_path / "c.py"] = Code("from b import x\n")
    assert project.renewed(tmp_path / "c.py").importers(tmp_path / "b.py") == (
        tmp_path / "a.py",
        tmp_path / "c.py",
    )


def test_a_file_that_names_itself_hides_it_from_no_neighbour(tmp_path: Path) -> None:
    """`wandb/wandb.py` that imports the library finds itself first; the file beside it does not."""
    for name in ("tools/__init__.py", "tools/wandb.py", "tools/run.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("import wandb\n")
    project = Shelf().project([tmp_path])
    assert project.find("wandb", tmp_path / "tools/wandb.py") is None
    assert project.find("wandb", tmp_path / "tools/run.py") is not None
