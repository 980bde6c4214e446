"""Settings: where they are found, what they mean, and what is said when they are wrong."""

import os
import pickle

import pytest

from ml_lsp.finding import Severity, Tier
from ml_lsp.page_form import CatalogueError
from ml_lsp.rulebook import team_rules
from ml_lsp.settings import (
    Settings,
    SettingsError,
    merge,
    read_settings,
    rule_chooser,
    selected_rules,
    unknown_selectors,
)


def write(folder, text, name="ml-lsp.toml"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def ids(rules):
    return [rule.id for rule in rules]


def test_the_nearest_file_upwards_counts(tmp_path):
    write(tmp_path, '[tool.ml-lsp]\nselect = ["yaml"]\n', "pyproject.toml")
    inner = write(tmp_path / "a", '[tool.other]\nname = "ml-lsp"\n', "pyproject.toml")
    assert read_settings(inner).select == ("yaml",)
    assert read_settings(inner).root == tmp_path
    write(tmp_path / "a", 'profile = "review"\n')
    assert read_settings(inner / "b.py").profile is Tier.REVIEW
    assert read_settings(inner).file == inner / "ml-lsp.toml"


def test_without_a_file_the_defaults_hold(tmp_path):
    assert read_settings(tmp_path) == Settings(root=tmp_path)


def test_every_key_is_read(tmp_path):
    (tmp_path / "lint").mkdir()
    write(
        tmp_path,
        """
        profile = "review"
        select = ["torch"]
        ignore = ["torch/bad-call"]
        exclude = ["old/"]
        rules = ["lint/"]
        python = "/usr/bin/python3"
        [severity]
        torch = "hint"
        "torch/bad-call" = "off"
        [per-file-ignores]
        "tests/*" = ["repro"]
        """,
    )
    assert read_settings(tmp_path) == Settings(
        Tier.REVIEW,
        ("torch",),
        ("torch/bad-call",),
        {"torch": Severity.HINT, "torch/bad-call": None},
        ("old/",),
        (tmp_path / "lint",),
        "/usr/bin/python3",
        {"tests/*": ("repro",)},
        tmp_path,
        tmp_path / "ml-lsp.toml",
    )


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('\nselct = ["a"]\n', 2, "unknown setting `selct`; did you mean `select`?"),
        ("per_file_ignores = {}\n", 1, "did you mean `per-file-ignores`?"),
        ('# select\nselect = "torch"\n', 2, "`select` must be a list of strings, not 'torch'"),
        ('profile = "reviw"\n', 1, "must be one of default, review, not 'reviw'; did you mean `review`?"),
        ('[severity]\ntorch = "hint"\n"yaml/x" = "fatal"\n', 3, "`yaml/x` must be one of critical, warning"),
        ('python = ["x"]\n', 1, "`python` must be a string"),
        ("severity = 3\n", 1, "`severity` must be a table"),
        ("x = \n", 1, "not TOML"),
        ('a = 1\nb = "\n', 2, "not TOML"),
        ('rules = ["../elsewhere"]\n', 1, "lies outside"),
        ('rules = ["/etc"]\n', 1, "lies outside"),
        ('rules = ["nowhere"]\n', 1, "there is no folder 'nowhere'"),
        ('rules = ["a\\u0000b"]\n', 1, "no usable path"),
        ('exclude = ["*a*a*a*a*a*b"]\n', 1, "more than 3 `*`"),
        ('[per-file-ignores]\n"a/**/b/**/c/**/d/**/e" = []\n', 1, "more than 3 `**`"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, text, line, said):
    write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path)
    assert said in caught.value.message
    assert caught.value.line == line
    assert str(caught.value).startswith(f"{tmp_path / 'ml-lsp.toml'}:{line}: ")


def test_a_wrong_table_in_pyproject(tmp_path):
    write(tmp_path, "[tool]\nml-lsp = 3\n", "pyproject.toml")
    with pytest.raises(SettingsError, match=r"pyproject\.toml:2: `tool\.ml-lsp` must be a table"):
        read_settings(tmp_path)


def test_a_table_of_another_name(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "a"\n[tool.ml_lsp]\nprofile = "review"\n')
    with pytest.raises(SettingsError, match=r"pyproject\.toml:3: settings stand in `\[tool\.ml-lsp\]`"):
        read_settings(tmp_path)
    (tmp_path / "ml-lsp.toml").write_text('[tool.ml-lsp]\nprofile = "review"\n')
    with pytest.raises(
        SettingsError, match=r"ml-lsp\.toml:1: settings stand here without `\[tool\.ml-lsp\]`"
    ):
        read_settings(tmp_path)


def test_files_that_are_none(tmp_path):
    write(tmp_path, 'select = ["outer"]\n')
    inner = tmp_path / "inner"
    inner.mkdir()
    os.mkfifo(inner / "ml-lsp.toml")
    (inner / "pyproject.toml").symlink_to(inner / "pyproject.toml")
    assert read_settings(inner).select == ("outer",)


def test_a_huge_or_binary_file_is_refused(tmp_path):
    with (tmp_path / "ml-lsp.toml").open("wb") as file:
        file.truncate(1_000_000_000)
    with pytest.raises(SettingsError, match="larger than"):
        read_settings(tmp_path)
    (tmp_path / "ml-lsp.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        read_settings(tmp_path)


def test_rules_through_a_link_that_leads_outside_are_refused(tmp_path):
    work, outside = write(tmp_path / "work", 'rules = ["link"]\n'), tmp_path / "outside"
    outside.mkdir()
    (work / "link").symlink_to(outside)
    with pytest.raises(SettingsError, match="lies outside"):
        read_settings(work)


def test_what_the_editor_sends_is_laid_over(tmp_path):
    settings = Settings(select=("torch",), ignore=("a/b",), severity={"x": None}, root=tmp_path)
    unset = {
        "profile": "",
        "select": [],
        "python": None,
        "severity": {},
        "trace": {"server": "off"},
        "path": "x",
    }
    assert merge(settings, unset) == settings
    sent = {
        "profile": "review",
        "select": ["yaml"],
        "ignore": ["c/d"],
        "severity": {"y": "hint"},
        "perFileIgnores": {"*.py": ["torch"]},
    }
    merged = merge(settings, sent)
    assert merged.profile is Tier.REVIEW
    assert merged.select == ("yaml",)
    assert merged.ignore == ("a/b", "c/d")
    assert merged.severity == {"x": None, "y": Severity.HINT}
    assert merged.per_file_ignores == {"*.py": ("torch",)}
    with pytest.raises(SettingsError, match="editor settings: `profile` must be one of"):
        merge(settings, {"profile": "loud"})


def test_settings_travel_between_processes():
    settings = Settings(severity={"torch": Severity.HINT}, per_file_ignores={"a": ("b",)})
    assert pickle.loads(pickle.dumps(settings)) == settings


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["torch/bad-call", "torch/worse-call", "yaml/bad-value"]),
        (
            {"profile": Tier.REVIEW},
            ["torch/bad-call", "torch/worse-call", "torch/doubtful", "yaml/bad-value"],
        ),
        ({"select": ("torch",)}, ["torch/bad-call", "torch/worse-call"]),
        ({"select": ("torch/doubtful", "yaml")}, ["torch/doubtful", "yaml/bad-value"]),
        ({"select": ("*/bad-*",)}, ["torch/bad-call", "yaml/bad-value"]),
        ({"ignore": ("torch",)}, ["yaml/bad-value"]),
        ({"ignore": ("torch/w*", "yaml/bad-value")}, ["torch/bad-call"]),
        ({"select": ("torch/bad-call", "yaml"), "ignore": ("torch",)}, ["torch/bad-call", "yaml/bad-value"]),
        ({"select": ("torch",), "ignore": ("torch",)}, []),
        ({"select": ("torch",), "ignore": ("*",)}, ["torch/bad-call", "torch/worse-call"]),
        ({"severity": {"torch": None}}, ["yaml/bad-value"]),
        (
            {"severity": {"torch": None, "torch/bad-call": Severity.INFO}},
            ["torch/bad-call", "yaml/bad-value"],
        ),
    ],
)
def test_which_rules_run(rules, settings, expected):
    assert ids(selected_rules(rules, Settings(**settings))) == expected


def test_severities_are_remapped_by_the_most_exact_name(rules):
    severity = {"torch": Severity.HINT, "torch/worse-*": Severity.INFO, "torch/worse-call": Severity.CRITICAL}
    chosen = selected_rules(rules, Settings(severity=severity))
    assert [rule.severity for rule in chosen] == [Severity.HINT, Severity.CRITICAL, Severity.HINT]
    assert chosen[2] is rules[3]  # what is not remapped stays the same object


def test_per_file_ignores(rules, tmp_path):
    settings = Settings(per_file_ignores={"tests/": ("torch",), "*_old.py": ("yaml",)}, root=tmp_path)
    assert ids(selected_rules(rules, settings, tmp_path / "tests" / "deep" / "a.py")) == ["yaml/bad-value"]
    assert "torch/bad-call" in ids(selected_rules(rules, settings, tmp_path / "b_old.py"))
    choose = rule_chooser(rules, settings)
    assert choose(tmp_path / "x.py") is choose(tmp_path / "y.py")
    assert ids(choose(tmp_path / "tests" / "a_old.py")) == []


def test_names_of_no_rule(rules):
    said = unknown_selectors(["torch", "toch", "yaml/bad-valu", "nothing/*", "torch/b*"], rules)
    assert said == (
        "`toch` names no rule; did you mean `torch`?",
        "`yaml/bad-valu` names no rule; did you mean `yaml/bad-value`?",
        "`nothing/*` names no rule",
    )


PAGE = """
severity: warning
tier: default
area: style
title: Use ours
message: "`{name}` is theirs."
why: Because.
match: {call: torch.load}
examples: [{name: one, code: "x"}]
"""


def team(folder, text=PAGE, name="own/load.yaml"):
    page = folder / "lint" / name
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    return Settings(rules=(folder / "lint",), root=folder)


def test_a_teams_own_rule(tmp_path):
    (rule,) = team_rules(team(tmp_path))
    assert rule.id == "own/load"
    assert rule.match == {"call": "torch.load"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PAGE.replace("match: {call: torch.load}", ""), "needs `match`"),
        (PAGE.replace("why: Because.", "why: &a Because.\nreferences: [*a]"), "may not use aliases"),
        (PAGE + "data: " + "[" * 5_000 + "]" * 5_000, "nested more than 20 levels"),
        (PAGE + "data: !!python/object/apply:os.system [true]", "not YAML"),
        (PAGE + " bad\n: x: y", "not YAML"),
        (PAGE + "#" * 300_000, "at most 200,000 bytes"),
        (PAGE + "extra: 1\n", "10: unknown key `extra`"),
        (PAGE.replace("severity: warning", "severity: error"), "2: `severity` is one of critical, warning"),
        (PAGE.replace("tier: default", "teir: default"), "3: unknown key `teir`; did you mean `tier`?"),
        (PAGE.replace("tier: default", "tier: defualt"), "not 'defualt'; did you mean `default`?"),
        (PAGE.replace("title: Use ours", "title: 3"), "5: `title` is a text, not 3"),
        (PAGE.replace("why: Because.", ""), "1: `why` is missing"),
        (PAGE + "fix: Use ours\n", "10: `fix` is a mapping, not 'Use ours'"),
        (PAGE + "fix: {safe: true}\n", "10: `fix` needs a `title`"),
        (PAGE + "tags: [old]\n", "10: `tags` is a list of deprecated and unnecessary, not ['old']"),
        (
            PAGE.replace('"`{name}` is', "`{name}` is").replace('theirs."', "theirs."),
            "a text that starts with '`' stands in quotes",
        ),
        (PAGE.replace("{name}", "{nam}"), "6: `message` may hold `{name}`, what is called"),
        (PAGE.replace("{name}", "{"), "write {{ and }} for braces"),
        (PAGE.replace("{call: torch.load}", "torch.load"), "8: `match` is a mapping"),
        (PAGE.replace("call:", "calls:"), "8: unknown key `match.calls`; did you mean `call`?"),
        (PAGE.replace("call: torch.load", "argument: f"), "8: `match` needs `call`"),
        (PAGE.replace("torch.load}", "torch.load, value: 1}"), "8: `value` is that of `argument`"),
        (PAGE.replace("torch.load}", "torch.load, position: one}"), "8: `match.position` is a position"),
        (
            PAGE.replace("torch.load}", "torch.load, replace_call: a.b}"),
            "8: `replace_call` is a fix; say what",
        ),
        (
            PAGE.replace("torch.load}", "torch.load, replace_call: b}") + "fix: {title: B}\n",
            "8: `replace_call` is a dotted name",
        ),
    ],
)
def test_a_teams_wrong_page_is_named(tmp_path, text, said):
    with pytest.raises(CatalogueError, match=r"load\.yaml") as caught:
        team_rules(team(tmp_path, text))
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["load.yaml", "load.yml", "own/load.yml"])
def test_a_teams_page_of_another_name_is_told_of(tmp_path, name):
    with pytest.raises(
        CatalogueError, match=r"load\.ya?ml:1: a rule page is called <family>/<rule-name>\.yaml"
    ):
        team_rules(team(tmp_path, name=name))


def test_a_teams_rule_may_not_take_anothers_name(tmp_path):
    with pytest.raises(CatalogueError, match="another rule `own/load` ships"):
        team_rules(team(tmp_path), {"own/load"})


def test_a_teams_page_may_not_lead_outside(tmp_path):
    settings = team(tmp_path / "work")
    (tmp_path / "secret.yaml").write_text(PAGE)
    (tmp_path / "work/lint/own/leak.yaml").symlink_to(tmp_path / "secret.yaml")
    with pytest.raises(CatalogueError, match="leads outside"):
        team_rules(settings)
