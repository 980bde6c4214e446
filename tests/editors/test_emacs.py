"""Emacs in batch mode: with the configurations that docs/editors/emacs.md gives."""

import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import tap
from conftest import HERE, Need, unpacked
from editor_samples import TEXT, fill, windows

# The session of an editor is shared by its tests, so they run in one process.
pytestmark = pytest.mark.xdist_group("emacs")

SCRIPTS = HERE / "emacs"
SESSIONS = {
    "Emacs 28, eglot 1.9": ("28.", "eglot"),
    "Emacs 30, eglot": ("30.", "eglot"),
    "Emacs 28, lsp-mode": ("28.", "lsp-mode"),
}


def names_in(client: str) -> list[str]:
    """The names of the tests of a session."""
    return re.findall(r'^\(testing "(.*)"', (SCRIPTS / f"{client}-session.el").read_text("utf-8"), re.M)


CASES = [(session, name) for session, (_, client) in SESSIONS.items() for name in names_in(client)]


def without_emoji(text: str) -> str:
    """lsp-mode 8 counts an emoji as one column where the protocol says two."""
    return text.replace("🚀", "é")


def emacs(version: str, editors: Path, need: Need) -> list[str | Path]:
    """The command of a version of Emacs."""
    if version == "28.":
        return [need(Path("/usr/bin/emacs"))]
    shared, private = (editors / "trixie/usr" / folder / "emacs/30.1" for folder in ("share", "libexec"))
    command = unpacked("usr/bin/emacs-nox", editors, need)
    (dump,) = private.glob("*/emacs-*.pdmp")
    places = {"LOADPATH": shared / "lisp", "DATA": shared / "etc", "PATH": dump.parent}
    return [
        "env",
        *(f"EMACS{name}={place}" for name, place in places.items()),
        *command,
        f"--dump-file={dump}",
    ]


@pytest.fixture(scope="module")
def run(
    need: Need, editors: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Path, str]]:
    """Runs a session once; gives its folder as it is afterwards, and what the session printed."""

    @cache
    def run_session(name: str) -> tuple[Path, str]:
        version, client = SESSIONS[name]
        command = emacs(version, editors, need)
        shown = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, env=environment, check=True
        )
        assert f"Emacs {version}" in shown.stdout
        text = TEXT if client == "eglot" else without_emoji(TEXT)
        folder = fill(tmp_path_factory.mktemp("emacs"), text)
        done = subprocess.run(
            [*command, "-q", "--batch", "-l", SCRIPTS / "testing.el", "-l", SCRIPTS / f"{client}-session.el"],
            cwd=folder,
            env={**environment, "CONFIGURATION": str(HERE / f"configurations/{client}.el")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return folder, done.stdout + done.stderr

    return run_session


@pytest.mark.parametrize(("session", "name"), CASES)
def test_in_emacs(session: str, name: str, run: Callable[[str], tuple[Path, str]]) -> None:
    output = run(session)[1]
    assert tap.results(output).get(name), output


@pytest.mark.parametrize("session", SESSIONS)
def test_bytes_on_disk(session: str, run: Callable[[str], tuple[Path, str]]) -> None:
    folder, output = run(session)
    text = (folder / "plain.py").read_text("utf-8").replace("yaml.load(", "yaml.safe_load(")
    assert (folder / "save.py").read_bytes() == text.encode(), output
    assert (folder / "save_windows.py").read_bytes() == windows(text).encode(), output
