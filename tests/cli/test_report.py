"""Every report format, on places that are easy to get wrong."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from ml_lsp.finding import Related
from ml_lsp.report import FORMATS, render
from ml_lsp.report.results import CellStart, Report, Reviewed
from ml_lsp.text import Edit, Span

TEXT = "import torch\n\n\té = '😀'; bad(1,\n\t\t2)\nbad(3)\n# end\n"
SCHEMA = Path(__file__).parent.parent / "data" / "sarif-schema-2.1.0.json"


def at(text, word, nth=0):
    places = [match.start() for match in re.finditer(re.escape(word), text)]
    return Span(places[nth], places[nth] + len(word))


@pytest.fixture
def report(rules):
    bad, worse = rules[0], rules[1]
    span = at(TEXT, "bad(1,\n\t\t2)")
    first = bad.finding(
        span,
        edits=(Edit(at(TEXT, "bad"), "good"),),
        related=(Related(at(TEXT, "import torch"), "imported"),),
        name="bad",
    )
    second = worse.finding(at(TEXT, "bad(3)"), edits=(Edit(at(TEXT, "bad(3)"), "good(3)"),), name="a|b")
    third = bad.finding(at(TEXT, "bad(3)"), name="bad")
    file = Reviewed("src/größe, 1.py", TEXT, (first, second), (third,))
    cells = "x = 1\n\nbad(1)\n\n"
    notebook = Reviewed(
        "n.ipynb",
        cells,
        (bad.finding(at(cells, "bad(1)"), name="bad"),),
        cells=(CellStart(0, 1), CellStart(6, 4)),
    )
    return Report((file, notebook), {rule.id: rule for rule in rules}, checked=3)


def test_json_has_the_promised_keys(report):
    first, second, third = json.loads(render(report, "json"))
    assert first == {
        "path": "src/größe, 1.py",
        "rule": "torch/bad-call",
        "severity": "critical",
        "tier": "default",
        "line": 3,
        "column": 11,
        "end_line": 4,
        "end_column": 5,
        "message": "`bad` is wrong; mind <b>this</b>.",
        "fix": {"title": "Use `good`", "safe": True},
    }
    assert second["fix"]["safe"] is False
    assert third["fix"] is None
    assert (third["cell"], third["line"], third["column"]) == (4, 2, 1)


def test_sarif_is_valid_and_complete(report):
    log = json.loads(render(report, "sarif"))
    jsonschema.validate(log, json.loads(SCHEMA.read_text(encoding="utf-8")))
    run = log["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["torch/bad-call", "torch/worse-call"]
    assert "Because of **numbers**" in run["tool"]["driver"]["rules"][0]["help"]["markdown"]
    first, *rest = run["results"]
    assert first["level"] == "error"
    location = first["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "src/gr%C3%B6%C3%9Fe%2C%201.py"
    # The emoji counts for two UTF-16 units.
    assert location["region"]["startColumn"] == 12
    replacement = first["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["insertedContent"]["text"] == "good"
    assert replacement["deletedRegion"] == {"startLine": 3, "startColumn": 12, "endLine": 3, "endColumn": 15}
    assert [bool(result.get("suppressions")) for result in rest] == [False, True, False]
    names = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(names)) == 4
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_fingerprints_outlive_edits_above(report, rules):
    def names(text):
        file = Reviewed("a.py", text, (rules[0].finding(at(text, "bad(3)"), name="bad"),))
        log = json.loads(render(Report((file,), {}, 1), "sarif"))
        return [result["partialFingerprints"] for result in log["runs"][0]["results"]]

    assert names(TEXT) == names("# new\n" + TEXT) != names(TEXT.replace("bad(3)", "bad(3) + 1"))


def test_github_commands(report):
    first, second, third = render(report, "github").splitlines()
    path = "file=src/größe%2C 1.py,title=ml-lsp torch/bad-call"
    assert first == f"::error {path},line=3,endLine=4::`bad` is wrong; mind <b>this</b>."
    assert ",line=5,endLine=5,col=1,endColumn=7::" in second
    assert third.startswith("::error file=n.ipynb,title=ml-lsp torch/bad-call::Cell 5, line 2: ")


def test_github_commands_cannot_be_injected(rules):
    file = Reviewed("a\n::set-env name=x::.py", TEXT, (rules[0].finding(Span(0, 1), name="x\n::error::y"),))
    assert len(render(Report((file,)), "github").splitlines()) == 1


def test_gitlab_report(report):
    first, _, third = json.loads(render(report, "gitlab"))
    assert first["location"] == {"path": "src/größe, 1.py", "lines": {"begin": 3, "end": 4}}
    assert first["severity"] == "critical"
    assert third["location"]["lines"] == {"begin": 1}
    assert len({issue["fingerprint"] for issue in json.loads(render(report, "gitlab"))}) == 3


def test_text_points_at_the_place(report):
    shown = render(report, "text")
    assert shown.startswith("src/größe, 1.py:3:11: critical torch/bad-call\n")
    lines = shown.splitlines()
    code = next(line for line in lines if "é" in line)
    # The emoji is two columns wide.
    assert lines[lines.index(code) + 1] == "  |     " + " " * len("é = '..'; ") + "^" * len("bad(1,")
    assert "= note: imported (src/größe, 1.py:1:1)" in shown
    assert "= fix: Use `good` (--fix)\n" in shown
    assert "= fix: Use `good` (--fix --unsafe-fixes)\n" in shown
    assert "n.ipynb:cell 5:2:1: critical" in shown
    assert "x = 1" not in shown  # another cell
    assert lines[-1] == (
        "Found 3 findings (2 critical, 1 warning) in 3 files. 1 can be fixed with --fix, 1 more with"
        " --fix --unsafe-fixes."
    )


def test_evidence_in_another_file_is_told_by_its_line(rules, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = tmp_path / "conf" / "net.py"
    other.parent.mkdir()
    other.write_text("x = 1\nclass Net: ...\n", encoding="utf-8")
    places = [Related(Span(6, 11), "defined here", path) for path in (other, tmp_path / "gone.py")]
    found = rules[0].finding(at(TEXT, "bad(3)"), related=places, name="bad")
    report = Report((Reviewed("src/a.py", TEXT, (found,)),), {rules[0].id: rules[0]}, checked=1)
    text = render(report, "text")
    assert "note: defined here (conf/net.py:2:1)\n" in text
    assert "note: defined here (gone.py)\n" in text
    related = json.loads(render(report, "sarif"))["runs"][0]["results"][0]["relatedLocations"]
    assert related[0]["physicalLocation"]["artifactLocation"] == {
        "uri": "conf/net.py",
        "uriBaseId": "SRCROOT",
    }
    region = related[0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["snippet"]["text"]) == (2, 1, "class")
    assert "region" not in related[1]["physicalLocation"]


def test_text_without_findings():
    assert render(Report((), checked=1), "text") == "Nothing found in 1 file.\n"


def test_text_in_colour(report):
    assert "\x1b[1;31mcritical\x1b[0m" in render(report, "text", colour=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", render(report, "text", colour=True)) == render(report, "text")


def test_reviewed_text_cannot_steer_the_terminal(rules):
    text = "bad('\x1b[2J\x07\u202e\x7f')\n"
    file = Reviewed("evil\x1b[31m.py", text, (rules[0].finding(Span(0, 3), name="\x1b[0m"),))
    for form in ("text", "markdown", "html"):
        shown = render(Report((file,), {rule.id: rule for rule in rules}), form)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", shown)


def test_a_long_line_is_cut_around_the_finding(rules):
    text = "a" * 50_000 + "bad" + "b" * 50_000
    shown = render(
        Report((Reviewed("a.py", text, (rules[0].finding(at(text, "bad"), name="bad"),)),)), "text"
    )
    source, carets = shown.splitlines()[2:4]
    assert len(source) < 200
    assert source[carets.index("^") :][:3] == "bad"


def test_a_long_finding_shows_its_start(rules):
    text = "bad(\n" + "    1,\n" * 100 + ")\n"
    shown = render(
        Report((Reviewed("a.py", text, (rules[0].finding(Span(0, len(text)), name="bad"),)),)), "text"
    )
    assert len(shown.splitlines()) < 25


class Page(HTMLParser):
    """Checks that tags are closed in order, and collects the text."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_whole_and_escaped(report):
    shown = render(report, "html")
    page = Page()
    page.feed(shown)
    assert page.open == []
    assert not {"script", "link", "img", "b"} & set(page.seen) - {"b"}
    assert "mind &lt;b&gt;this&lt;/b&gt;" in shown
    assert "<strong>numbers</strong>" in shown
    assert "<mark>bad(3)</mark>" in shown


def test_markdown_report(report):
    shown = render(report, "markdown")
    assert "3 findings in 3 files: 2 critical, 1 warning, 0 info, 0 hint." in shown
    assert "### `src/größe, 1.py:5:1` torch/worse-call" in shown
    assert r"mind \<b\>this\</b\>." in shown
    assert "```python\n     4 |         2)\n>    5 | bad(3)\n     6 | # end\n```" in shown


def test_an_unknown_format_is_refused(report):
    with pytest.raises(ValueError, match="no report format 'xml'"):
        render(report, "xml")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_takes_an_empty_report_and_a_lone_surrogate(form, rules):
    assert isinstance(render(Report(()), form), str)
    file = Reviewed("\udce9.py", "bad('\ud800')", (rules[0].finding(Span(0, 13), name="\ud800"),))
    shown = render(Report((file,), {rule.id: rule for rule in rules}, 1), form)
    assert shown.encode("utf-8", "backslashreplace")
