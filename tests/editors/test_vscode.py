"""VS Code: the packed extension, tested inside the extension host (vscode/host/*.js)."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import tap
from conftest import HERE, Need
from editor_samples import CLEAN, TEXT, fill, notebook, write

# The session of an editor is shared by its tests, so they run in one process.
pytestmark = pytest.mark.xdist_group("vscode")

HOST = HERE / "vscode"


def names_in(folder: str) -> list[str]:
    """The names of all tests that the files of a host folder define."""
    files = sorted((HOST / folder).glob("*.js"))
    return [
        name for file in files for name in re.findall(r'^  async "(.*)"\(', file.read_text("utf-8"), re.M)
    ]


def fill_workspace(workspace: Path, programs: Path) -> Path:
    """The workspace of the host tests."""
    fill(workspace)
    for name in ("cells.ipynb", "save.ipynb"):
        write(workspace / name, notebook())
    write(workspace / "typing.py", CLEAN)
    write(workspace / ".gitignore", "made/\n")
    for name in ("inner/closed.py", "made/ignored.py"):
        write(workspace / name, TEXT)
    write(workspace / "bin/broken", "#!/bin/sh\nexit 3\n").chmod(0o755)
    for link, program in (("bin/ml-lsp", "ml-lsp"), (".venv/bin/python", "python")):
        write(workspace / link, (programs / program).read_text()).chmod(0o755)
    return workspace


def run_host(editor: Path, extensions: list[Path], workspace: Path, folder: str, *trust: str) -> str:
    """Run the tests of a host folder and give what they print."""
    command = [
        editor / "node",
        HOST / "host.mjs",
        editor,
        ",".join(map(str, extensions)),
        workspace,
        folder,
        *trust,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def fake_python(need: Need, editors: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in for the Python extension, packed."""
    out = tmp_path_factory.mktemp("python") / "python.vsix"
    vsce = need(HERE.parent.parent / "vscode-client/node_modules/@vscode/vsce/vsce")
    options = ["--allow-missing-repository", "--skip-license", "--no-dependencies", "--out", str(out)]
    subprocess.run(
        ["node", vsce, "package", *options], cwd=HOST / "fake-python", check=True, capture_output=True
    )
    return out


@pytest.fixture(scope="session")
def in_vscode(
    need: Need,
    editors: Path,
    vsix: Path,
    fake_python: Path,
    programs: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """What the host tests print in VS Code."""
    workspace = fill_workspace(tmp_path_factory.mktemp("workspace"), programs)
    return run_host(need(editors / "vscode"), [vsix, fake_python], workspace, "host")


@pytest.fixture(scope="session")
def in_untrusted(need: Need, editors: Path, vsix: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the host tests print in an untrusted folder whose settings name programs of its own."""
    workspace = fill(tmp_path_factory.mktemp("untrusted"))
    for program in (".venv/bin/python", "bin/ml-lsp"):
        write(workspace / program, f"#!/bin/sh\ntouch {workspace}/ran\n").chmod(0o755)
    settings = {
        "mlLsp.path": "${workspaceFolder}/bin/ml-lsp",
        "mlLsp.interpreter": str(workspace / ".venv/bin/python"),
    }
    write(workspace / ".vscode/settings.json", json.dumps(settings))
    return run_host(need(editors / "vscode"), [vsix], workspace, "host-untrusted", "untrusted")


@pytest.mark.parametrize("name", names_in("host-untrusted"))
def test_in_untrusted_folder(name: str, in_untrusted: str) -> None:
    assert tap.results(in_untrusted).get(name), in_untrusted


@pytest.mark.parametrize("name", names_in("host"))
def test_in_extension_host(name: str, in_vscode: str) -> None:
    assert tap.results(in_vscode).get(name), in_vscode
