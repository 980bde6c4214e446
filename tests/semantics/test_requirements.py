"""What a project's files say about the versions of its libraries."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from ml_lsp.semantics.requirements import poetry_specifier, requirement, requirement_versions


def write(root, **files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_requirements_files(tmp_path):
    text = (
        "--extra-index-url https://example.org/whl\n"
        "torch==2.1.0+cu118  # for the cluster\n"
        "PyTorch_Lightning>=2,<3\n"
        "numpy\n"
        "scipy==1.11.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"
        "timm @ git+https://example.org/timm.git@main\n"
        "old==1 ; python_version < '3'\n"
        "old==2 ; python_version >= '3'\n"
        "./local-package\n"
        "not a requirement !!\n"
        "-r more/base.txt\n"
    )
    write(
        tmp_path,
        **{
            "requirements.txt": text,
            "more/base.txt": "ray~=2.9\n",
            "requirements-dev.txt": "numpy==1.26.0\n",
        },
    )
    assert requirement_versions(tmp_path) == {
        "torch": "==2.1.0+cu118", "pytorch-lightning": "<3,>=2", "numpy": "==1.26.0", "scipy": "==1.11.0",
        "timm": "", "old": "==2", "ray": "~=2.9",
    }  # fmt: skip


def test_includes_do_not_leave_the_workspace_or_run_in_circles(tmp_path):
    write(
        tmp_path,
        **{
            "secret.txt": "torch==1.0\n",
            "w/requirements.txt": "-r ../secret.txt\n-r requirements.txt\n-r /etc/passwd\n",
        },
    )
    assert requirement_versions(tmp_path / "w") == {}


def test_a_wheel_says_its_version():
    line = "torch @ https://example.org/whl/torch-2.1.0%2Bcu118-cp311-cp311-linux_x86_64.whl#sha256=00"
    assert requirement(line) == ("torch", "==2.1.0+cu118")


def test_pyproject_of_each_tool(tmp_path):
    write(
        tmp_path,
        **{
            "pyproject.toml": """
            [project]
            dependencies = ["torch>=2.0", "numpy"]
            optional-dependencies = {train = ["lightning==2.2.0"]}
            [dependency-groups]
            dev = ["pytest>=8", {include-group = "lint"}]
            [tool.uv]
            dev-dependencies = ["ruff==0.5.0"]
            [tool.poetry.dependencies]
            python = "^3.10"
            ray = {version = "^2.9", extras = ["tune"]}
            mlflow = "~2.8"
            local = {path = "../local"}
            [tool.poetry.group.docs.dependencies]
            mkdocs = "*"
            """
        },
    )
    assert requirement_versions(tmp_path) == {
        "torch": ">=2.0", "numpy": "", "lightning": "==2.2.0", "pytest": ">=8", "ruff": "==0.5.0",
        "ray": "<3,>=2.9", "mlflow": "<2.9,>=2.8", "local": "", "mkdocs": "",
    }  # fmt: skip


@pytest.mark.parametrize("lock", ["uv.lock", "poetry.lock", "pdm.lock"])
def test_a_lock_file_goes_before_what_is_declared(tmp_path, lock):
    write(
        tmp_path,
        **{
            "pyproject.toml": '[project]\ndependencies = ["torch>=2.0", "numpy<3"]\n',
            lock: '[[package]]\nname = "torch"\nversion = "2.3.1"\n'
            '[[package]]\nname = "numpy"\nversion = "1.26"\n[[package]]\nname = "numpy"\nversion = "2.0"\n',
        },
    )
    assert requirement_versions(tmp_path) == {"torch": "==2.3.1", "numpy": "<3"}


def test_setup_cfg_and_conda(tmp_path):
    write(
        tmp_path,
        **{
            "setup.cfg": "[options]\ninstall_requires =\n    torch>=1.8  # old\n    tqdm\n"
            "[options.extras_require]\ntest = pytest\n",
            "environment.yml": "dependencies:\n  - python=3.11\n  - pytorch::pytorch=2.1=py3.11_cuda*\n"
            "  - numpy=1.26\n"
            "  - scipy==1.11.4\n  - conda-forge::pandas>=2\n  - pip:\n    - ray[tune]==2.9.0\n",
        },
    )
    assert requirement_versions(tmp_path) == {
        "torch": ">=1.8", "tqdm": "", "pytest": "", "python": "==3.11.*", "numpy": "==1.26.*",
        "scipy": "==1.11.4", "pandas": ">=2", "ray": "==2.9.0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirement.txt", "torch==1.8\n"),
        ("requirements.in", "torch==1.8\n"),
        ("constraints.txt", "torch==1.8\n"),
        ("env.yml", "dependencies: [pytorch=1.8, pip: [timm==0.4]]\n"),
        ("conda_env.yaml", "dependencies: [pip: ['torch==1.8']]\n"),
        ("Pipfile", "[packages]\nnumpy = '*'\ntorch = {version = '==1.8', index = 'x'}\n"),
        ("Pipfile", "[dev-packages]\ntorch = '==1.8'\n"),
    ],
)
def test_other_ways_of_naming_the_file(tmp_path, name, text):
    write(tmp_path, **{name: text})
    assert requirement_versions(tmp_path)["torch"] in ("==1.8", "==1.8.*")


def test_setup_py_is_read_and_not_run(tmp_path):
    text = (
        "import pathlib, setuptools\n"
        "pathlib.Path('was-run').touch()\n"
        "COMMON = ['torch==1.8.1', 'numpy']\n"
        "LATER = ['scipy==1.0']\n"
        "LATER = ['scipy==2.0']\n"
        "setuptools.setup(\n"
        "    install_requires=COMMON + ['torchtext==0.9.1', *LATER, read('more.txt')],\n"
        "    extras_require={'viz': ['matplotlib<4'], **more},\n"
        ")\n"
    )
    write(tmp_path, **{"setup.py": text, "requirements.txt": "torch>=2\nnumpy==1.20\n"})
    assert requirement_versions(tmp_path) == {
        "torch": "==1.8.1", "numpy": "==1.20", "torchtext": "==0.9.1", "matplotlib": "<4",
    }  # fmt: skip
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize(
    "text", ["setup(", "a = a\nsetup(install_requires=a)", "setup(" * 200_000, "\0", "setup()"]
)
def test_odd_setup_py_is_left_out(tmp_path, text):
    write(tmp_path, **{"setup.py": text, "requirements.txt": "torch==2.0\n"})
    assert requirement_versions(tmp_path) == {"torch": "==2.0"}


@pytest.mark.parametrize("folder", ["", "src/"])
def test_an_egg_info_says_what_no_other_file_says(tmp_path, folder):
    noted = "torch==1.11\ntimm\n\n[:python_version < '3.8']\nnumpy==1.0\n\n[dev]\npytest==7.0\n"
    write(tmp_path, **{f"{folder}tool.egg-info/requires.txt": noted, "requirements.txt": "timm==0.6\n"})
    assert requirement_versions(tmp_path) == {"torch": "==1.11", "timm": "==0.6", "pytest": "==7.0"}


def test_conda_calls_torch_pytorch(tmp_path):
    write(tmp_path, **{"environment.yml": "dependencies: [pytorch=2.1.2, 'pytorch-cuda=11.8']\n"})
    assert requirement_versions(tmp_path)["torch"] == "==2.1.2"


@pytest.mark.parametrize(
    ("poetry", "inside", "outside"),
    [
        ("^2.1", "2.9", "3.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("^0", "0.9", "1.0"),
        ("~2.1.3", "2.1.9", "2.2"),
        ("~2", "2.9", "3.0"),
        ("2.*", "2.5", "3.0"),
        ("2.1", "2.1", "2.2"),
        (">=1.2, <2", "1.5", "2.0"),
    ],
)
def test_poetry_constraints(poetry, inside, outside):
    specifier = SpecifierSet(poetry_specifier(poetry))
    assert str(specifier)
    assert inside in specifier
    assert outside not in specifier


@given(st.text(max_size=30))
def test_any_text_as_constraint_gives_a_specifier(text):
    SpecifierSet(poetry_specifier(text))


@given(st.text(max_size=60))
def test_any_line_is_a_requirement_or_none(line):
    found = requirement(line)
    assert found is None or SpecifierSet(found[1]) is not None


@pytest.mark.parametrize(
    "text",
    [
        "= broken", "tool = 3", "[project]\ndependencies = 'torch'",
        "[project]\ndependencies = [1, {}, 'torch ==']",
        "[tool]\npoetry = [1]", "[tool.poetry]\ndependencies = [1]", "project = " + "[" * 20_000,
        "[tool.poetry.dependencies]\ntorch = 7\n'' = '^'\n",
    ],
)  # fmt: skip
def test_odd_pyproject_values_are_left_out(tmp_path, text):
    write(tmp_path, **{"pyproject.toml": text, "requirements.txt": "torch==2.0\n"})
    assert requirement_versions(tmp_path)["torch"] == "==2.0"


@pytest.mark.parametrize(
    "text",
    [
        "&a [*a, *a]",
        "[[",
        "- : -",
        "dependencies: 3",
        "dependencies: [{pip: x}, 4, '']",
        "!!python/object:os.system {}",
    ],
)
def test_odd_yaml_is_left_out(tmp_path, text):
    write(tmp_path, **{"environment.yml": text, "requirements.txt": "torch==2.0\n"})
    assert requirement_versions(tmp_path) == {"torch": "==2.0"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_fifos_hang_nothing(tmp_path):
    for name in ("pyproject.toml", "uv.lock", "setup.cfg", "setup.py", "requirements.txt", "environment.yml"):
        os.mkfifo(tmp_path / name)
    assert requirement_versions(tmp_path) == {}
