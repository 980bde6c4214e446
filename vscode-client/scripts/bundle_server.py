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
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

CLIENT = Path(__file__).resolve().parent.parent
BUNDLED = CLIENT / "bundled"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Target:
    """The platforms whose wheels run there, by pip's names; and what there are no wheels of.

    `pythons`: the versions for which every package has a wheel. `pins`: versions other than those of
    constraints.txt.
    """

    platforms: tuple[str, ...]
    pythons: tuple[str, ...] = PYTHONS
    pins: Mapping[str, str] = field(default_factory=dict)


TARGETS = {
    "linux-x64": Target(("manylinux2014_x86_64", "manylinux_2_28_x86_64")),
    "linux-arm64": Target(("manylinux2014_aarch64", "manylinux_2_28_aarch64")),
    "alpine-x64": Target(("musllinux_1_1_x86_64", "musllinux_1_2_x86_64")),
    "alpine-arm64": Target(("musllinux_1_1_aarch64", "musllinux_1_2_aarch64")),
    # LibCST has had no wheels for Macs with Intel processors since 1.9.
    "darwin-x64": Target(
        tuple(f"macosx_10_{minor}_x86_64" for minor in range(12, 16)), pins={"libcst": "1.8.6"}
    ),
    "darwin-arm64": Target(("macosx_11_0_arm64",)),
    "win32-x64": Target(("win_amd64",)),
    # PyYAML has no wheel of Python 3.11 there.
    "win32-arm64": Target(("win_arm64",), pythons=PYTHONS[1:]),
}


def bundle(target: Target) -> None:
    """Fill bundled/ for `target`; what an earlier run left there goes.

    Raises:
        subprocess.CalledProcessError: if pip cannot build the server or find a package for the platform.
    """
    packages = BUNDLED / "packages"
    shutil.rmtree(packages, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        server = build_server(Path(scratch) / "server")
        versions = constraints(target, Path(scratch) / "constraints.txt")
        wheels = {
            wheel.name: wheel
            for python in target.pythons
            for wheel in download(server, python, target, versions)
        }
        for wheel in wheels.values():
            unpack(wheel, packages)
    (BUNDLED / "pythons.json").write_text(json.dumps(target.pythons) + "\n", encoding="utf-8")


def build_server(folder: Path) -> Path:
    """The wheel of the server, built into `folder` from the sources around the client."""
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(CLIENT.parent))
    return next(folder.glob("*.whl"))


def constraints(target: Target, file: Path) -> Path:
    """Write the versions of all packages for `target` into `file`."""
    pinned = (BUNDLED / "constraints.txt").read_text(encoding="utf-8").splitlines()
    kept = [line for line in pinned if line.partition("==")[0].lower() not in target.pins]
    changed = [f"{name}=={version}" for name, version in target.pins.items()]
    file.write_text("\n".join([*kept, *changed, ""]), encoding="utf-8")
    return file


def download(server: Path, python: str, target: Target, versions: Path) -> list[Path]:
    """The wheel of the server and all that it needs, for one version of Python."""
    folder = versions.with_name(python)
    platforms = [word for platform in target.platforms for word in ("--platform", platform)]
    which = ["--only-binary=:all:", "--implementation", "cp", "--python-version", python, *platforms]
    pip("download", "--dest", str(folder), "--constraint", str(versions), *which, str(server))
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
    if len(sys.argv) != 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: bundle_server.py {'|'.join(TARGETS)}")
    bundle(TARGETS[sys.argv[1]])
