"""`ml-lsp test`: a team's pages and those that ship, tried; what is wrong is said where it stands."""

import json
import shutil
from pathlib import Path

import pytest

from ml_lsp import registry, testing, units
from ml_lsp.cli import main
from ml_lsp.semantics.call import Call
from tests.samples import TEAM_PAGE as OLD

ROOT = Path(__file__).parents[2]
TIMEOUT = """\
severity: critical
tier: default
area: mlops
title: A request that may wait for ever
message: "`{name}` waits for ever without `timeout`."
why: It costs a GPU.
match:
  call: [requests.get, requests.post]
  without_argument: timeout
examples:
  - name: both
    code: |
      import requests

      def send(url):
          requests.post(url)  # expect: acme/no-timeout
          return requests.get(url)  # expect: acme/no-timeout `requests.get`
  - name: given, or perhaps
    code: |
      import requests
      requests.get(url, timeout=3)
      requests.get(url, **options)
"""
VALUE = """\
severity: warning
tier: review
area: model-architecture
title: float16
message: "`{name}` overflows in float16."
why: Our cards have none.
match:
  call: acme.train.Trainer
  argument: precision
  position: 1
  value: 16
examples:
  - name: both ways
    code: |
      from acme.train import Trainer
      Trainer(model, precision=16)  # expect: acme/half `16`
      Trainer(model, 16)  # expect: acme/half `16`
  - name: another
    code: |
      from acme.train import Trainer
      Trainer(model, 32)
"""
FIXED = OLD[OLD.index("    fixed:") : OLD.index("  - name: the new")]
PASSING = """\
pass lint-rules/acme/half.yaml (2 examples)
pass lint-rules/acme/no-timeout.yaml (2 examples)
pass lint-rules/acme/old-loader.yaml (2 examples)
3 pages, 6 examples: all pass.
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project with three rules of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    (tmp_path / "pyproject.toml").write_text('[tool.ml-lsp]\nrules = ["lint-rules/"]\n')
    for name, text in {"old-loader": OLD, "no-timeout": TIMEOUT, "half": VALUE}.items():
        write(name, text)
    return tmp_path


def write(name, text, family="acme"):
    page = Path("lint-rules", family, f"{name}.yaml")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes(text.encode() if isinstance(text, str) else text)


@pytest.fixture
def run(folder, capsysbinary):
    def call(*arguments):
        code = main(["test", *arguments])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


@pytest.mark.parametrize("paths", [[], ["lint-rules"], ["."], ["lint-rules/acme"]])
def test_pages_that_hold_what_they_say(run, paths):
    assert run(*paths) == (0, PASSING, "")


def test_one_page(run):
    code, out, _ = run("lint-rules/acme/half.yaml")
    assert (code, out.splitlines()[-1]) == (0, "1 page, 2 examples: all pass.")


def test_a_folder_that_the_settings_do_not_name(run, folder):
    Path("pyproject.toml").unlink()
    assert run("lint-rules")[:2] == (0, PASSING)
    code, _, err = run()
    assert code == 2
    assert 'name one, here or in the settings: `rules = ["lint-rules/"]`' in err


def test_a_failure_shows_the_page(run):
    write("old-loader", OLD.replace("call: acme.data.load_all", "call: acme.load_all"))
    code, out, _ = run("lint-rules/acme/old-loader.yaml")
    assert code == 1
    assert (
        out
        == """\
FAIL lint-rules/acme/old-loader.yaml (2 examples)
  lint-rules/acme/old-loader.yaml:15: example `by module`: `acme/old-loader` reports nothing here: `match` is about \
`acme.load_all`, the line calls `acme.data.load_all`
  14 |       import acme.data
  15 |       rows = acme.data.load_all("x")  # expect: acme/old-loader `acme.data.load_all`
     |              ^^^^^^^^^^^^^^^^^^
  16 |     fixed: |

1 page, 2 examples: 1 failed.
"""
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            "      import acme.data\n      rows = acme.data.l",
            "      rows = acme.data.l",
            14,
            "needs its import",
        ),
        ("match:", "libraries: [torch]\nmatch:", 16, "imports none of the `libraries` (torch)"),
        (
            "  replace_call",
            "  argument: n\n  replace_call",
            16,
            "its arguments are not those that `match` states",
        ),
        ("# expect: acme/old-loader", "#", 15, "end the line with `# expect: acme/old-loader`"),
        (
            "expect: acme/old",
            "expect: acme/odl",
            15,
            "no rule `acme/odl-loader`; did you mean `acme/old-loader`",
        ),
        ("# expect: acme", "# expects: acme", 15, "a mark is written `# expect: family/name`"),
        ("# expect: acme", "# Expect acme", 15, "a mark is written `# expect: family/name`"),
        (
            "`acme.data.load_all`\n    fixed",
            "`load_all`\n    fixed",
            15,
            "is reported by `acme/old-loader`, not `load_",
        ),
        ("# expect: acme", "# todo-expect: acme", 15, "a known miss is found now"),
        ('data.stream("x")', 'data.stream("y")', 16, '-rows = acme.data.stream("y")'),
        (FIXED, "", 12, "show what it gives with `fixed:`"),
        ("  replace_call: acme.data.stream\n", "", 15, "`fixed` is shown, but no fix is offered"),
        ("rows = stream(", "rows = stream((", 22, "the example is not Python"),
    ],
)
def test_what_an_example_fails(run, old, new, line, said):
    write("old-loader", OLD.replace(old, new))
    code, out, _ = run("lint-rules/acme/old-loader.yaml")
    assert code == 1
    assert f"lint-rules/acme/old-loader.yaml:{line}: example `" in out
    assert said in out
    assert "1 page, 2 examples: 1 failed." in out


def test_a_page_whose_examples_show_nothing(run):
    write("half", VALUE[: VALUE.index("  - name: both")] + VALUE[VALUE.index("  - name: another") :])
    code, out, _ = run("lint-rules/acme/half.yaml")
    assert code == 1
    assert "half.yaml:12: no example shows a report: end its line with `# expect: acme/half`" in out


def test_a_fix_that_leaves_the_mistake(run):
    page = TIMEOUT.replace("  without", "  add_argument: timout=3\n  without").replace(
        "why:", "fix: {title: T}\nwhy:"
    )
    fixed = page[page.index("      import requests\n\n") : page.index("  - name: given")]
    fixed = "    fixed: |\n" + fixed.replace("post(url", "post(url, timout=3").replace(
        "get(url", "get(url, timout=3"
    )
    write("no-timeout", page.replace("  - name: given", fixed + "  - name: given"))
    code, out, _ = run("lint-rules/acme/no-timeout.yaml")
    assert code == 1
    assert "no-timeout.yaml:20: example `both`: `acme/no-timeout` reports the fixed code again" in out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  call:", "   call:", "10: not YAML: did not find expected key; look whether this line"),
        ("      rows = acme", "     rows = acme", "15: not YAML: did not find expected key; look whether"),
        ("  call:", "\tcall:", "YAML indents with blanks, not with tabs"),
        ("      rows = acme", "\trows = acme", "YAML indents with blanks, not with tabs"),
        ("why: It", "why: *It* is", "stands in quotes"),
        ('"`{name}`', "`{name}`", "5: not YAML: found character"),
        ("    code:", "    cod:", "13: unknown key `cod`; did you mean `code`?"),
        ("    code: |\n", "    fixed: |\n", "12: example 1 needs `code`"),
        ("name: by module", "note: by module", "12: unknown key `note`"),
        ("by module", "the new one", "19: there is another example `the new one`"),
        (
            "name: by module",
            "requires: {torch: 2.3}\n    name: x",
            "12: `requires` is a mapping of libraries to vers",
        ),
        ("name: by module", "files: {../x.py: a}\n    name: x", "12: `files` is a mapping of relative paths"),
        ("name: by module", "file: /tmp/x.py\n    name: x", "12: `file` is a relative path"),
        ("name: by module", "file: a/../../x.py\n    name: x", "12: `file` is a relative path"),
        ("name: by module", "cells: 3\n    name: x", "12: `cells` is a list of cells"),
        ("call: acme.data.load_all", "call: acme.data.load_all()", "9: `match.call` is a dotted name"),
        ("call: acme.data.load_all", "call: []", "9: `match.call` is a dotted name"),
        ("replace_call: acme.data.stream", "add_argument: n 3", "10: `match.add_argument` is arguments as a"),
        (
            "  replace_call",
            "  argument: a b\n  replace_call",
            "10: `match.argument` is the name of an argument",
        ),
        ("  replace_call", "  position: 1\n  replace_call", "10: `position` is that of `argument`"),
        (
            "  replace_call",
            "  argument: lr\n  value: 1e-3\n  replace_call",
            "11: `match.value` is a number that YAML",
        ),
        ("match:", "libraries: [acme.data]\nmatch:", "8: `libraries` is a list of root names"),
    ],
)
def test_a_wrong_page_hides_no_other(run, old, new, said):
    write("old-loader", OLD.replace(old, new, 1))
    code, out, _ = run()
    assert code == 1
    assert "FAIL lint-rules/acme/old-loader.yaml\n  lint-rules/acme/old-loader.yaml:" in out
    assert said in out
    assert "3 pages, 4 examples: 1 failed." in out


@pytest.mark.parametrize(
    ("family", "name", "text", "said"),
    [
        ("torch", "unsafe-torch-load", OLD, "1: another rule `torch/unsafe-torch-load` ships with ml-lsp"),
        (
            "acme",
            "plain",
            OLD[: OLD.index("match:")] + OLD[OLD.index("examples:") :],
            "1: a team's own rule needs",
        ),
        ("acme", "latin", OLD.encode() + b"# \xe9\n", "23: not UTF-8; save the page in that encoding"),
        ("acme", "nothing", "", "1: the page is empty"),
        ("acme", "words", "just words", "1: a rule page is a mapping"),
        ("acme", "Big_Name", OLD, "1: `acme/Big_Name` is not family/rule-name"),
        ("acme/deeper", "lost", OLD, "1: a rule page is called <family>/<rule-name>.yaml in lint-rules"),
        (".", "flat", OLD, "1: a rule page is called <family>/<rule-name>.yaml in lint-rules"),
    ],
)
def test_a_page_that_is_none(run, family, name, text, said):
    write(name, text, family)
    code, out, _ = run()
    assert code == 1
    assert said in out
    assert "4 pages, 6 examples: 1 failed." in out


def test_a_page_of_windows(run):
    write("old-loader", b"\xef\xbb\xbf" + OLD.replace("\n", "\r\n").encode())
    assert run()[:2] == (0, PASSING)


def test_a_rule_twice_in_two_folders(run):
    shutil.copytree("lint-rules", "more-rules")
    Path("pyproject.toml").write_text('[tool.ml-lsp]\nrules = ["lint-rules/", "more-rules"]\n')
    code, out, _ = run()
    assert code == 1
    assert "more-rules/acme/half.yaml:1: another rule `acme/half` is stated in " in out
    assert "6 pages, 6 examples: 3 failed." in out


@pytest.mark.parametrize(
    ("prepare", "arguments", "said"),
    [
        (
            lambda: shutil.rmtree("lint-rules/acme"),
            [],
            "error: lint-rules: no rule page there; one is called <family>/",
        ),
        (lambda: shutil.rmtree("lint-rules"), [], "2: `rules`: there is no folder 'lint-rules/'"),
        (lambda: None, ["lint-rule"], "error: lint-rule: there is no such file or folder\n"),
        (lambda: None, ["pyproject.toml"], "error: pyproject.toml: no rule page there"),
        (lambda: Path("pyproject.toml").write_text("["), [], "error: "),
    ],
)
def test_where_there_is_nothing_to_try(run, prepare, arguments, said):
    prepare()
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_json(run):
    write("half", "severity: x")
    write("old-loader", OLD.replace('data.stream("x")', 'data.stream("y")'))
    code, out, _ = run("--format", "json")
    wrong, good, failing = json.loads(out)
    assert code == 1
    assert (wrong["rule"], wrong["passed"], wrong["failures"][0]["line"]) == (None, False, 1)
    assert wrong["failures"][0]["message"].startswith("`severity` is one of")
    assert good == {
        "path": "lint-rules/acme/no-timeout.yaml",
        "rule": "acme/no-timeout",
        "examples": 2,
        "passed": True,
        "failures": [],
    }
    [failure] = failing["failures"]
    assert (failure["line"], failure["example"]) == (16, "by module")
    assert '"y"' in failure["shown"]
    assert '"x"' in failure["given"]


def test_colours(run, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    write("old-loader", OLD.replace("load_all(", "load("))
    _, out, _ = run()
    assert "\x1b[32mpass\x1b[0m lint-rules/acme/half.yaml" in out
    assert "\x1b[1;31mFAIL\x1b[0m" in out


def test_nothing_of_a_page_steers_the_terminal(run):
    write("old-loader", OLD.replace("by module", r'"by \e[2J module"').replace("load_all(", "load("))
    _, out, _ = run()
    assert "\x1b" not in out


def test_an_example_may_name_a_rule_that_ships(run):
    both = """  - name: with another
    code: |
      import acme.data, torch
      torch.nn.functional.softmax(acme.data.load_all("x"))  # expect: acme/old-loader  # expect: torch/softmax-dim
    fixed: |
      import acme.data, torch
      torch.nn.functional.softmax(acme.data.stream("x"))  # expect: acme/old-loader  # expect: torch/softmax-dim
"""
    write("old-loader", OLD + both)
    assert run("lint-rules/acme/old-loader.yaml")[0] == 0


def test_a_page_in_another_notation_is_shown_as_code(run):
    write(
        "half",
        VALUE[: VALUE.index("examples:")]
        + 'examples: [{name: a, code: "import x\\nx.f()  # expect: acme/half"}]',
    )
    code, out, _ = run("lint-rules/acme/half.yaml")
    assert code == 1
    assert "half.yaml:12: example `a`: `acme/half` reports nothing here" in out
    assert "2 | x.f()  # expect: acme/half" in out


@pytest.mark.parametrize(
    "page", ["ml-lsp/unused-ignore", "yaml/number-reinterpreted", "config/hydra-self-order"]
)
def test_a_shipped_page(run, page):
    code, out, _ = run(str(ROOT / "rules" / f"{page}.yaml"))
    assert (code, out[-10:]) == (0, "all pass.\n")


def test_the_address_of_an_own_page_is_its_file(folder, capsysbinary):
    assert main(["rules", "--format", "json"]) == 0
    addresses = {rule["id"]: rule["url"] for rule in json.loads(capsysbinary.readouterr().out)}
    assert addresses["acme/half"] == (folder.resolve() / "lint-rules/acme/half.yaml").as_uri()
    assert addresses["torch/softmax-dim"].startswith("https://")


def test_check_says_that_a_folder_holds_no_page(folder, capsysbinary):
    shutil.rmtree("lint-rules/acme")
    Path("a.py").write_text("x = 1\n")
    assert main(["check", "a.py"]) == 0
    said = capsysbinary.readouterr().err.decode()
    assert said.endswith("pyproject.toml: no rule page <family>/<rule-name>.yaml in lint-rules\n")


def test_files_that_cannot_stand_beside_each_other(run):
    write("old-loader", OLD.replace("    code: |", "    files: {a: x, a/b: y}\n    code: |", 1))
    code, out, _ = run("lint-rules/acme/old-loader.yaml")
    assert code == 1
    assert "old-loader.yaml:1: the files of an example cannot be written: " in out


def test_a_shipped_page_without_a_check(run, monkeypatch):
    monkeypatch.setattr(testing, "is_paired", lambda rule: False)
    code, out, _ = run(str(ROOT / "rules/torch/softmax-dim.yaml"))
    assert code == 1
    assert "softmax-dim.yaml:1: neither `match` nor a module ml_lsp.checks.torch.softmax_dim" in out


def _raising(call, rule):
    raise ZeroDivisionError(f"{rule.id} divides")
    yield  # a check is a generator: it raises when its findings are taken


def _gone():
    raise ImportError("no module named gone")


@pytest.mark.parametrize(
    ("load", "said"),
    [
        (lambda: (_raising, (Call,)), "ZeroDivisionError: torch/softmax-dim divides (test_own_rules.py:"),
        (_gone, "ImportError: no module named gone (test_own_rules.py:"),
    ],
    ids=["raises", "cannot be loaded"],
)
def test_a_check_that_raises_fails_its_page(run, monkeypatch, load, said):
    of = registry._check_of
    monkeypatch.setattr(registry, "_check_of", lambda id: load() if id == "torch/softmax-dim" else of(id))
    for log in (registry.log, units.log):
        monkeypatch.setattr(log, "disabled", True)  # what is logged fails any test
    page = str(ROOT / "rules/torch/softmax-dim.yaml")
    code, out, _ = run(page)
    assert code == 1
    assert out.count(f"the check of `torch/softmax-dim` raised {said}") == out.count(" example `") > 2
    assert "reports nothing here" not in out
    code, text, _ = run("--format", "json", page)
    [tried] = json.loads(text)
    assert code == 1
    assert not tried["passed"]
    assert len(tried["failures"]) == out.count(" raised ")
    assert None not in {failure["example"] for failure in tried["failures"]}
