"""How a program gets to a call, and what that says of loguru's first sink and of several processes."""

from __future__ import annotations

from pathlib import Path

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.default_sink import has_default_sink
from ml_lsp.semantics.libraries.secrets import reads_secrets
from ml_lsp.semantics.libraries.ways_in import is_whole, ways_to
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.users import run_together, users
from ml_lsp.shelf import Shelf

LOGS = "import sys\nfrom loguru import logger\ndef setup():\n    logger.add(sys.stderr)\n"
CLEAR = "from loguru import logger\n"


def inquiries(folder: Path, files: dict[str, str]) -> dict[str, Inquiry]:
    """The modules of a project of these files, by name."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    project = Shelf().project([folder], [folder / name for name in files])
    modules = {name: project.module_at(folder / name) for name in files}
    return {name: Inquiry(found, project=project) for name, found in modules.items() if found is not None}


def added(folder: Path, files: dict[str, str]) -> Call:
    """The call of `add` in logs.py."""
    inquiry = inquiries(folder, {"logs.py": LOGS, **files})["logs.py"]
    (call,) = (call for call in calls_mentioning(inquiry, "add") if call.method == "add")
    return call


def test_ways_go_back_to_where_programs_begin(tmp_path: Path) -> None:
    files = {
        "main.py": "import logs\ndef run():\n    logs.setup()\nrun()\n",
        "cli.py": "import typer\nfrom logs import setup\ndef main(a: int):\n    setup()\ntyper.run(main)\n",
        "test_logs.py": "from logs import setup\nsetup()\n",
        "part.py": "from logs import setup\ndef public():\n    setup()\n",
    }
    ways = list(ways_to(added(tmp_path, files)))
    found = {tuple(step.scope.name for step in way): is_whole(way) for way in ways}
    assert found == {
        ("setup", "main"): True,
        ("setup", "run", "<module>"): True,
        ("setup", "public"): False,
    }


def test_users_are_found_through_others(tmp_path: Path) -> None:
    files = {"a.py": "", "b.py": "import a\n", "c.py": "import b\nimport d\n", "d.py": "", "e.py": ""}
    found = inquiries(tmp_path, files)
    assert [one.module.path.name for one in users(found["a.py"])] == ["a.py", "b.py", "c.py"]
    assert run_together(found["a.py"], found["d.py"])
    assert not run_together(found["a.py"], found["e.py"])


def test_the_first_sink_stays_where_nothing_before_takes_it(tmp_path: Path) -> None:
    later = f"{CLEAR}from logs import setup\ndef main():\n    setup()\n    logger.info('x')\n    logger.remove()\nmain()\n"
    assert has_default_sink(added(tmp_path, {"main.py": later}))


def test_the_first_sink_is_gone_after_what_takes_it(tmp_path: Path) -> None:
    before = f"{CLEAR}from logs import setup\ndef main():\n    logger.remove()\n    setup()\nmain()\n"
    assert not has_default_sink(added(tmp_path, {"main.py": before}))


def test_an_import_may_take_the_first_sink(tmp_path: Path) -> None:
    files = {
        "clear.py": f"{CLEAR}logger.remove()\n",
        "main.py": "import clear\nfrom logs import setup\nsetup()\n",
    }
    assert not has_default_sink(added(tmp_path, files))


def test_a_program_apart_takes_nothing(tmp_path: Path) -> None:
    guarded = f"{CLEAR}import logs\nif __name__ == '__main__':\n    logger.remove()\n"
    assert has_default_sink(
        added(tmp_path, {"other.py": guarded, "main.py": "from logs import setup\nsetup()\n"})
    )


def test_nothing_is_said_where_nobody_is_seen_to_call(tmp_path: Path) -> None:
    assert not has_default_sink(added(tmp_path, {"clear.py": f"{CLEAR}def f():\n    logger.remove()\n"}))
    assert not has_default_sink(added(tmp_path, {".env": "LOGURU_AUTOINIT=0\n"}))


def test_secrets_of_the_same_folder_count(tmp_path: Path) -> None:
    files = {"api.py": "import os\nKEY = os.environ['A_KEY']\n", "logs.py": LOGS}
    assert reads_secrets(inquiries(tmp_path, files)["logs.py"])
    files["api.py"] = "import os\nROOT = os.environ['ROOT']\nPAD_TOKEN = 1\n"
    assert not reads_secrets(inquiries(tmp_path, files)["logs.py"])
