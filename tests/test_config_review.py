"""YAML, JSON and notebooks reviewed whole: what cannot be read is silent, what is known not done again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ml_lsp.cli import main
from ml_lsp.review import Document, Memory, Surroundings, review_now
from ml_lsp.semantics.config_file import LARGEST, ConfigFile
from ml_lsp.semantics.notebook_code import Code
from ml_lsp.shelf import Shelf
from ml_lsp.syntax.notebook import Cell, join
from tests.examples import RULES

TWICE = "lr: 0.1\nseed: 1\nlr: 0.2\n"


def rules(*ids: str) -> list[object]:
    return [rule for rule in RULES if not ids or rule.id in ids]


def reported(path: str, text: str, language: str, *ids: str) -> list[str]:
    document = Document(Path(path), text, language)
    return [finding.rule for finding in review_now(document, rules(*ids))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "text", "language"),
    [
        ("a.json", '{"zero_optimization": {', "json"),
        ("a.json", "", "json"),
        ("a.json", "[1, 2", "json"),
        ("a.yaml", "", "yaml"),
        ("a.yaml", "\x00", "yaml"),
        ("vocab.json", json.dumps({f"token{i}": i for i in range(40_000)}), "json"),
    ],
)
def test_nothing_is_said_of_what_cannot_be_judged(path: str, text: str, language: str) -> None:
    assert set(reported(path, text, language)) <= {"yaml/syntax-error"}


def test_large_files_are_data() -> None:
    text = TWICE + "".join(f"key{i}: {i}\n" for i in range(LARGEST // 8))
    assert reported("a.yaml", text, "yaml") == []
    assert ConfigFile(Path("a.yaml"), text, "yaml").documents == ()


def test_a_text_that_was_reviewed_is_not_reviewed_again() -> None:
    memory, document = Memory(), Document(Path("a.yaml"), TWICE, "yaml")
    first = review_now(document, RULES, memory=memory)
    assert first
    assert review_now(document, RULES, memory=memory) is first
    assert review_now(Document(Path("a.yaml"), "lr: 0.1\n", "yaml"), RULES, memory=memory) == ()
    memory.forget(Path("a.yaml"))
    assert review_now(document, RULES, memory=memory) == first


def test_a_change_of_python_is_a_change_for_the_file_it_reads(tmp_path: Path) -> None:
    path, script = tmp_path / "configs/train.yaml", tmp_path / "train.py"
    path.parent.mkdir()
    path.write_text("lr: 1e-3\n")
    memory, shelf = Memory(), Shelf()

    def found(code: str) -> list[str]:
        shelf.in_editor[script] = Code(code)
        project = shelf.project([tmp_path], [path, script])
        document = Document(path, "lr: 1e-3\n", "yaml")
        return [f.rule for f in review_now(document, RULES, Surroundings(project=project), memory)]

    read = 'import yaml\ncfg = yaml.safe_load(open("configs/train.yaml"))\n'
    assert found(read) == ["yaml/scientific-notation-is-string"]
    assert found(read + 'lr = float(cfg["lr"])\n') == []
    assert found(read) == ["yaml/scientific-notation-is-string"]


@pytest.mark.parametrize(("lines", "expected"), [(100, []), (200, ["yaml/no-schema-validation"])])
def test_a_short_script_needs_no_schema(lines: int, expected: list[str]) -> None:
    reads = [
        f"def read_{part}():\n    return {', '.join(f'cfg[{part + n!r}]' for n in '1234')}\n" for part in "ab"
    ]
    code = 'import yaml\nwith open("a.yaml") as f:\n    cfg = yaml.safe_load(f)\n' + "".join(reads)
    document = Document(Path("train.py"), code + "print()\n" * lines)
    found = review_now(document, rules("yaml/no-schema-validation"))  # type: ignore[arg-type]
    assert [finding.rule for finding in found] == expected


def test_a_half_typed_cell_does_not_blank_the_findings_of_others() -> None:
    def shown(*sources: str) -> list[str]:
        joined = join([Cell(source) for source in sources])
        document = Document(Path("a.ipynb"), joined.text, cells=joined.boundaries, notebook=joined)
        found = review_now(document, rules("notebook/undefined-name"), memory=memory)  # type: ignore[arg-type]
        return [joined.text[f.span.start : f.span.end] for f in found]

    memory = Memory()
    assert shown("x = 1", "print(x, gone)") == ["gone"]
    assert shown("x = (1", "print(x, gone)") == ["gone"]
    assert shown("x = 1\ny = 2", "print(x, gone)") == ["gone"]
    assert shown("x = 1\ny = 2", "print(x)") == []


def test_one_mistake_in_two_files_is_reported_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/train.yaml").write_text("lr: 0.01\n")
    (tmp_path / "train.py").write_text(
        "import argparse, yaml\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=0.1)\n"
        "args = p.parse_args()\nwith open('conf/train.yaml') as file:\n    cfg = yaml.safe_load(file)\n"
        "cfg.update(vars(args))\n"
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def places(*paths: str) -> list[str]:
        selected = ["--select", "config/two-sources-of-truth", "--format", "json"]
        assert main(["check", *selected, *paths]) == 1
        return [found["path"] for found in json.loads(capsys.readouterr().out)]

    for _ in ("anew", "from what is kept"):
        assert places(".") == ["train.py"]
        assert places("conf") == ["conf/train.yaml"]
        assert places("conf/train.yaml", "train.py") == ["train.py"]


def test_an_edit_elsewhere_in_the_module_is_seen_by_what_reads_the_file(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    config, script = tmp_path / "conf/train.yaml", tmp_path / "train.py"
    config.write_text("lr: 0.01\n")
    text = (
        "import argparse\nimport yaml\n\nPATH = 'conf/other.yaml'\n\ndef options():\n"
        "    p = argparse.ArgumentParser()\n    p.add_argument('--lr', type=float, default=0.1)\n"
        "    return p.parse_args()\n\ndef main():\n    args = options()\n    with open(PATH) as file:\n"
        "        cfg = yaml.safe_load(file)\n    cfg.update(vars(args))\n    return cfg\n"
    )
    script.write_text(text)
    memory = Memory()
    around = Surroundings(project=Shelf().project([tmp_path], [config, script]))

    def found(text: str) -> list[str]:
        chosen = rules("config/two-sources-of-truth")
        document = Document(script, text)
        return [item.rule for item in review_now(document, chosen, around, memory)]  # type: ignore[arg-type]

    assert found(text) == []
    named = text.replace("other.yaml", "train.yaml")
    assert found(named) == ["config/two-sources-of-truth"]
    assert found(named.replace("0.1)", "0.01)")) == []
    assert found(named.replace("p.parse_args()", "p.set_defaults(lr=1) or p.parse_args()")) == []
    assert found(named) == ["config/two-sources-of-truth"]
    assert found(named.replace("cfg.update(vars(args))", "pass")) == []


def test_what_was_found_stays_while_a_line_is_typed() -> None:
    memory = Memory()

    def found(text: str, path: str = "a.yaml", language: str = "yaml") -> list[tuple[str, str, bool]]:
        findings = review_now(Document(Path(path), text, language), RULES, memory=memory)
        return [(item.rule, text[slice(*item.span)], item.fix is not None) for item in findings]

    twice = ("yaml/duplicate-key", "lr", False)
    assert found(TWICE)[0][:2] == twice[:2]
    assert found(TWICE + "steps: [1,\n")[0] == twice
    assert twice in found("# on top\n" + TWICE + "steps: [1,\n")
    assert [rule for rule, _, _ in found(TWICE.replace("lr: 0.2", "lr: [2"))] == ["yaml/syntax-error"]
    assert [rule for rule, _, _ in found("lr: 0.1\n")] == []
    assert [rule for rule, _, _ in found("lr: [\n")] == ["yaml/syntax-error"]
    sizes = (
        '{"train_batch_size": 8,\n"train_micro_batch_size_per_gpu": 3,\n"gradient_accumulation_steps": 2\n}'
    )
    wrong = "deepspeed/batch-size-inconsistent"
    assert found(sizes, "ds_config.json", "json") == [(wrong, "8", True)]
    assert found(f'{sizes[:-1]}, "steps', "ds_config.json", "json") == [(wrong, "8", False)]
    right = sizes.replace("3", "4 /* was 3 */")
    assert wrong not in [rule for rule, _, _ in found(right, "ds_config.json", "json")]
