"""Puts the server and its Python packages under bundled/packages, for one platform and all Pythons.

    python scripts/bundle_server.py TARGET     (a target of vsce; this Python needs pip)

A compiled module's file name tells its version of Python, so the packages of all versions fit in one folder.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

CLIENT = Path(__file__).resolve().parent.parent
BUNDLED = CLIENT / "bundled"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = {
    "linux-x64": ("manylinux2014_x86_64", "manylinux_2_28_x86_64"),
    "linux-arm64": ("manylinux2014_aarch64", "manylinux_2_28_aarch64"),
    "darwin-x64": ("macosx_10_13_x86_64", "macosx_11_0_x86_64"),
    "darwin-arm64": ("macosx_11_0_arm64",),
    "win32-x64": ("win_amd64",),
    "win32-arm64": ("win_arm64",),
}


def bundle(target: str) -> None:
    """Fill bundled/ for `target`; what an earlier run left there goes.

    Raises:
        subprocess.CalledProcessError: if pip cannot build the server or find a package for the platform.
    """
    packages = BUNDLED / "packages"
    shutil.rmtree(packages, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        server = build_server(Path(scratch) / "server")
        wheels = {
            wheel.name: wheel
            for python in PYTHONS
            for wheel in download(server, python, target, Path(scratch) / python)
        }
        for wheel in wheels.values():
            unpack(wheel, packages)
    (BUNDLED / "pythons.json").write_text(json.dumps(PYTHONS) + "\n", encoding="utf-8")


def build_server(folder: Path) -> Path:
    """The wheel of the server, built into `folder` from the sources around the client."""
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(CLIENT.parent))
    return next(folder.glob("*.whl"))


def download(server: Path, python: str, target: str, folder: Path) -> list[Path]:
    """The wheel of the server and all that it needs, for one version of Python."""
    platforms = [word for platform in PLATFORMS[target] for word in ("--platform", platform)]
    which = ["--only-binary=:all:", "--implementation", "cp", "--python-version", python, *platforms]
    versions = ["--constraint", str(BUNDLED / "constraints.txt")]
    pip("download", "--dest", str(folder), *versions, *which, str(server))
    return sorted(folder.glob("*.whl"))


def unpack(wheel: Path, packages: Path) -> None:
    """Unpack a wheel without the tests that some packages carry."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if "tests" not in PurePosixPath(name).parts]
        archive.extractall(packages, names)


def pip(*arguments: str) -> None:
    """Run pip; it speaks only when something is wrong."""
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments], check=True
    )


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PLATFORMS:
        sys.exit(f"usage: bundle_server.py {'|'.join(PLATFORMS)}")
    bundle(sys.argv[1])
