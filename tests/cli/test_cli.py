"""The command line as a person and a CI use it: options, exit codes, fixes, what is kept between runs."""

import io
import json
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ml_lsp import __version__, batch, checking, match, rulebook, store
from ml_lsp.cli import FORMATS, main
from ml_lsp.report import FORMATS as REPORT_FORMATS
from ml_lsp.report.results import Reviewed
from ml_lsp.text import Edit, Span

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(rules, tmp_path, monkeypatch):
    """A folder to work in, and a review of `bad()` (safe fix), `worse()` (unsafe) and `broken()`."""
    calls = []

    def review(document, chosen, surroundings=None, memory=None):
        calls.append(document.path.name)
        if "explode" in document.text:
            raise KeyError("boom")
        found = []
        for rule, word, new in (
            ("torch/bad-call", "bad", "good"),
            ("torch/worse-call", "worse", "better"),
            ("torch/doubtful", "doubtful", "sure"),
            ("torch/bad-call", "broken", "((("),
        ):
            for found_word in re.finditer(rf"\b{word}\b(?=\()", document.text):
                span = Span(*found_word.span())
                found += [
                    item.finding(span, edits=(Edit(span, new),), name=word)
                    for item in chosen
                    if item.id == rule
                ]
        return tuple(sorted(found, key=lambda item: item.span))

    monkeypatch.setattr(batch, "review_now", review)
    monkeypatch.setattr(rulebook, "shipped_rules", lambda: rules)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return calls


@pytest.fixture
def run(demo, capsysbinary):
    def call(*arguments):
        code = main(arguments)
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def test_exit_codes(run):
    Path("a.py").write_text("good()\n")
    assert run("check") == (0, "Nothing found in 1 file.\n", "")
    Path("a.py").write_text("bad()\n")
    code, out, err = run("check", "a.py")
    assert (code, err) == (1, "")
    assert out.startswith("a.py:1:1: critical torch/bad-call\n")
    code, _, err = run("check", "a.py", "missing.py")
    assert (code, err) == (2, "error: missing.py: there is no such file or folder\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "--select", "torhc"], "`torhc` names no rule; did you mean `torch`?"),
        (["check", "--ignore", "torch/nope,x/y"], "`torch/nope` names no rule"),
        (["check", "-", "a.py"], "stands alone"),
        (["explain", "torch/bad-cal"], "there is no rule `torch/bad-cal`; did you mean `torch/bad-call`?"),
        (["check", "--output-file", "no/such/folder"], "No such file"),
    ],
)
def test_what_cannot_be_done_is_said(run, arguments, said):
    code, _, err = run(*arguments)
    assert code == 2
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments", [[], ["check", "--jobs", "0"], ["check", "--format", "x"], ["server", "--tcp", "x"]]
)
def test_a_wrong_command_line_is_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: ml-lsp" in capsys.readouterr().err


def test_broken_settings_are_code_2(run):
    Path("pyproject.toml").write_text("[tool.ml-lsp]\nselct = []\n")
    code, _, err = run("check")
    assert code == 2
    assert "pyproject.toml:2: unknown setting `selct`" in err


def test_settings_that_name_no_rule_are_told_of(run):
    Path("ml-lsp.toml").write_text('ignore = ["torch/bad-cal"]\n')
    Path("a.py").write_text("bad()\n")
    code, _, err = run("check")
    assert code == 1
    assert "ml-lsp.toml: `torch/bad-cal` names no rule; did you mean `torch/bad-call`?" in err


def test_options_choose_rules(run):
    Path("a.py").write_text("bad(); worse(); doubtful()\n")

    def rules_found(*options):
        return [item["rule"] for item in json.loads(run("check", "--format", "json", *options)[1])]

    assert rules_found() == ["torch/bad-call", "torch/worse-call"]
    assert rules_found("--profile", "review") == ["torch/bad-call", "torch/worse-call", "torch/doubtful"]
    assert rules_found("--select", "torch/worse-call,torch/doubtful") == [
        "torch/worse-call",
        "torch/doubtful",
    ]
    assert rules_found("--ignore", "torch/bad-call", "--ignore", "yaml") == ["torch/worse-call"]
    Path("ml-lsp.toml").write_text('ignore = ["torch/worse-call"]\nprofile = "review"\n')
    assert rules_found() == ["torch/bad-call", "torch/doubtful"]
    assert rules_found("--profile", "default") == ["torch/bad-call"]


def test_fix_writes_safe_fixes_only(run):
    Path("a.py").write_bytes(b"\xef\xbb\xbfbad()\r\nworse()\r\n")
    code, out, _ = run("check", "--fix")
    assert code == 1
    assert Path("a.py").read_bytes() == b"\xef\xbb\xbfgood()\r\nworse()\r\n"
    assert out.splitlines()[-1].startswith("Fixed 1 finding. Found 1 finding (1 warning) in 1 file.")
    code, out, _ = run("check", "--fix", "--unsafe-fixes")
    assert code == 0
    assert Path("a.py").read_bytes() == b"\xef\xbb\xbfgood()\r\nbetter()\r\n"
    assert out == "Fixed 1 finding. Nothing found in 1 file.\n"


def test_a_fix_that_would_break_the_code_is_not_made_and_said(run):
    Path("a.py").write_text("broken()\nbad()\n")
    code, _, err = run("check", "--fix")
    assert code == 1
    assert Path("a.py").read_text() == "broken()\ngood()\n"
    assert err == "not fixed: a.py:1:1: torch/bad-call: the code would no longer parse\n"


def test_diff_shows_and_changes_nothing(run):
    Path("a.py").write_text("bad()\nx = 1")
    code, out, err = run("check", "--diff")
    assert (code, err) == (1, "Would fix 1 finding.\n")
    assert (
        out == "--- a.py\n+++ a.py\n@@ -1,2 +1,2 @@\n-bad()\n+good()\n x = 1\n\\ No newline at end of file\n"
    )
    assert Path("a.py").read_text() == "bad()\nx = 1"
    Path("a.py").write_text("worse()\n")
    assert run("check", "--diff") == (0, "", "Nothing to fix.\n")
    assert run("check", "--diff", "--unsafe-fixes")[0] == 1


def test_the_diff_applies(run):
    Path("a.py").write_text("bad()\nx = 1\n\n\n\n\n\n\ny = bad()  # é")
    patch = run("check", "--diff")[1]
    subprocess.run(["git", "apply", "-p0", "-"], input=patch.encode(), check=True)
    assert Path("a.py").read_text() == "good()\nx = 1\n\n\n\n\n\n\ny = good()  # é"


def test_standard_input(run, monkeypatch):
    def stdin(raw):
        read, write = os.pipe()
        os.write(write, raw)
        os.close(write)
        monkeypatch.setattr(sys, "stdin", os.fdopen(read))

    stdin(b"bad()\n")
    code, out, _ = run("check", "-", "--stdin-filename", "src/a.py")
    assert code == 1
    assert out.startswith("src/a.py:1:1: critical")
    stdin(b"\xef\xbb\xbfbad()\r\nworse()")
    code, out, err = run("check", "-", "--fix")
    assert (code, out) == (1, "\ufeffgood()\r\nworse()")
    assert "stdin.py:2:1: warning torch/worse-call" in err
    stdin(b"bad()\n")
    assert run("check", "-", "--diff")[1].endswith("-bad()\n+good()\n")
    stdin(b"\xff")
    assert run("check", "-")[0] == 2


def test_files_that_cannot_be_read_are_told_of(run):
    Path("a.py").write_bytes(b"x = '\xe9'\n")
    code, out, err = run("check")
    assert (code, out) == (0, "Nothing found in 0 files.\n")
    assert err.startswith("skipped: a.py: line 1 holds the byte 0xe9, which is not UTF-8")
    assert run("check", "a.py")[0] == 2


def test_a_fault_in_one_file_hides_no_other(run):
    Path("a.py").write_text("explode\n")
    Path("b.py").write_text("bad()\n")
    code, out, err = run("check")
    assert code == 2
    assert "b.py:1:1: critical" in out
    assert "error: a.py: internal error, please report it: KeyError('boom') at test_cli.py:" in err


def test_ignore_comments_count(run):
    Path("a.py").write_text("bad()  # ml-lsp: ignore[torch/bad-call]\n")
    assert run("check")[0] == 0
    log = json.loads(run("check", "--format", "sarif")[1])
    assert log["runs"][0]["results"][0]["suppressions"][0]["kind"] == "inSource"


@pytest.mark.parametrize("form", FORMATS)
def test_output_file(run, form):
    Path("é.py").write_text("bad()\n", encoding="utf-8")
    code, out, _ = run("check", "--format", form, "--output-file", "report")
    assert (code, out) == (1, "")
    assert "torch/bad-call" in Path("report").read_text(encoding="utf-8")


def test_formats_are_those_of_the_reports():
    assert FORMATS == REPORT_FORMATS


def test_statistics(run):
    Path("a.py").write_text("bad(); bad(); worse()\n")
    code, out, _ = run("check", "--statistics")
    assert code == 1
    assert [line.split() for line in out.splitlines()] == [
        ["findings", "ms", "rule"],
        ["2", "0", "*", "torch/bad-call"],
        ["1", "0", "*", "torch/worse-call"],
        ["3", "0", "in", "1", "file"],
    ]


def test_statistics_count_the_time_of_checks(rules, tmp_path, monkeypatch, capsysbinary):
    monkeypatch.setattr(rulebook, "shipped_rules", lambda: rules)

    def slow(call, rule):
        time.sleep(0.02)
        yield from ()

    monkeypatch.setattr(match, "check", slow)
    (tmp_path / "a.py").write_text("import torch\ntorch.bad()\n")
    assert main(["check", "--statistics", str(tmp_path)]) == 0
    lines = capsysbinary.readouterr().out.decode().splitlines()
    spent = {line.split()[-1]: int(line.split()[1]) for line in lines[1:-1]}
    assert spent.keys() == {"torch/bad-call", "torch/worse-call", "yaml/bad-value"}
    assert all(milliseconds >= 20 for milliseconds in spent.values())


def test_a_check_that_raises_is_told_of_and_nothing_kept(rules, tmp_path, monkeypatch, capsysbinary, caplog):
    monkeypatch.setattr(rulebook, "shipped_rules", lambda: rules[:1])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "a.py").write_text("import torch\ntorch.bad()  # ml-lsp: ignore\n")

    def raising(call, rule):
        raise KeyError("oops")

    monkeypatch.setattr(match, "check", raising)
    for _ in range(2):
        assert main(["check", str(tmp_path / "a.py")]) == 2
        told = "the check of torch/bad-call failed: KeyError('oops'); please report it"
        assert told in capsysbinary.readouterr().err.decode()
    caplog.clear()  # the failure was meant


def test_review_is_a_document_of_all_rules(run):
    Path("a.py").write_text("doubtful()\n")
    code, out, _ = run("review")
    assert code == 1
    assert out.startswith("# ML code review\n")
    assert "torch/doubtful" in out


def test_results_are_kept_by_content(run, demo):
    Path("a.py").write_text("bad()\n")
    first = run("check")
    assert run("check") == first
    assert demo == ["a.py"]
    run("check", "--no-cache")
    assert demo == ["a.py"] * 2
    Path("a.py").write_text("bad()  \n")
    run("check")
    assert demo == ["a.py"] * 3
    run("check", "--ignore", "torch/worse-call")  # other rules, other results
    assert demo == ["a.py"] * 4


def test_results_are_dropped_when_the_program_changes(run, demo, monkeypatch):
    Path("a.py").write_text("bad()\n")
    run("check")
    monkeypatch.setattr(store, "__version__", "9.9.9")
    run("check")
    assert demo == ["a.py"] * 2


@pytest.mark.parametrize("content", [b"", b"not a database" * 100, None])
def test_a_torn_store_does_no_harm(run, demo, content):
    Path("a.py").write_text("bad()\n")
    file = store.default_file()
    file.parent.mkdir(parents=True)
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    assert run("check")[0] == 1
    assert run("check")[0] == 1
    if content is not None:
        run("check")
        assert len(demo) < 3  # it was made anew


def test_many_files_on_several_processes(run, demo):
    for number in range(70):
        Path(f"f{number:02}.py").write_text(("bad()\n" if number % 10 == 3 else "fine()\n") + "# x\n" * 1_500)
    one = run("check", "--format", "json", "--no-cache", "--jobs", "1")
    reviewed_here = len(demo)
    several = run("check", "--format", "json", "--no-cache", "--jobs", "2")
    assert several == one
    assert len(json.loads(one[1])) == 7
    assert len(demo) == reviewed_here  # the second time others did it
    assert run("check", "--fix", "--jobs", "2")[0] == 0
    assert Path("f13.py").read_text().startswith("good()\n")


def test_what_several_processes_found_is_kept(run, demo):
    for number in range(64):
        Path(f"f{number:02}.py").write_text("bad()\n" + f"# {number}\n" * 1_500)
    first = run("check", "--jobs", "2")
    assert run("check", "--jobs", "1") == first
    assert demo == []  # nothing was left to review in this process


def test_explain_and_rules(run, rules):
    code, out, _ = run("explain", "torch/bad-call")
    assert code == 0
    assert out.startswith("# Bad is bad\n")
    assert "# expect" not in out
    assert "good()" in out
    assert run("explain", "bad-call", "--format", "markdown")[1] == out
    assert [line.split("\t")[0] for line in run("rules")[1].splitlines()] == [rule.id for rule in rules]
    listed = json.loads(run("rules", "--format", "json")[1])
    assert listed[0]["fix"] == {"title": "Use `good`", "safe": True}


def test_server_is_told_where_to_listen(monkeypatch):
    import types

    asked = []
    app = types.ModuleType("ml_lsp.server.app")
    app.run_stdio = lambda: asked.append("stdio")
    app.run_tcp = lambda host, port: asked.append((host, port))
    package = types.ModuleType("ml_lsp.server")
    package.app = app
    monkeypatch.setitem(sys.modules, "ml_lsp.server", package)
    monkeypatch.setitem(sys.modules, "ml_lsp.server.app", app)
    assert [main(["server"]), main(["server", "--stdio"]), main(["server", "--tcp", "[::1]:80"])] == [0, 0, 0]
    assert asked == ["stdio", "stdio", ("::1", 80)]


def process(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": ""} | options.pop("env", {})
    command = [sys.executable, "-m", "ml_lsp", *arguments]
    return subprocess.run(command, capture_output=True, env=environment, check=False, timeout=60, **options)


def test_version():
    done = process("--version")
    assert (done.returncode, done.stdout) == (0, f"ml-lsp {__version__}\n".encode())


def test_starting_imports_little():
    code = "import sys, ml_lsp.cli; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert not {"yaml", "libcst", "jedi", "rich", "pygls", "pathspec", "ast", "asyncio"} & set(
        eval(done.stdout)
    )


def test_a_reader_that_stops_reading(tmp_path):
    (tmp_path / "a.py").write_text("import torch\n")
    command = f"{sys.executable} -m ml_lsp rules --format json | true"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, env=environment, check=False
    )
    assert b"Traceback" not in done.stderr


def in_terminal(*arguments, **environment):
    """The output of a run whose standard output is a terminal."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100", **environment}
    for name in ("NO_COLOR", "FORCE_COLOR"):
        if name not in environment:
            env.pop(name, None)
    run = subprocess.Popen(
        [sys.executable, "-m", "ml_lsp", *arguments], stdout=theirs, stderr=theirs, env=env
    )
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 4096):
            seen += piece
    except OSError:  # the other end is closed
        pass
    run.wait(timeout=60)
    os.close(ours)
    return seen.decode()


def test_colours_only_where_a_person_looks(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    assert "\x1b[32mNothing found\x1b[0m" in in_terminal("check", str(tmp_path))
    plain = in_terminal("check", str(tmp_path), NO_COLOR="1")
    assert not re.search(r"\x1b\[[\d;]*m", plain)  # a progress bar may move the cursor all the same
    assert "\x1b" not in in_terminal("check", str(tmp_path), TERM="dumb")
    assert b"\x1b" not in process("check", str(tmp_path)).stdout
    assert b"\x1b" in process("check", str(tmp_path), env={"FORCE_COLOR": "1"}).stdout


def test_pages_are_rendered_for_a_terminal():
    shown = in_terminal("explain", "unused-ignore")
    assert "\x1b[" in shown
    assert "# An ignore comment" not in shown
    assert "An ignore comment that silences nothing" in re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert "unused-ignore" in in_terminal("rules")


class Terminal(io.StringIO):
    """A standard error that a person watches."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("patience", "shown"), [(-1, True), (60, False)])
def test_a_progress_bar_when_a_person_waits_long(monkeypatch, patience, shown):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(checking, "_PATIENCE", patience)
    monkeypatch.setenv("TERM", "xterm")
    outcomes = [batch.Outcome(Reviewed(f"{number}.py", "")) for number in range(5)]
    assert list(checking._watched(iter(outcomes), 5)) == outcomes
    assert ("Reviewing" in terminal.getvalue()) is shown
