"""What the user pages say holds: settings, options, commands and snippets."""

import argparse
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from ml_lsp import cli
from ml_lsp.catalogue import parse_rule
from ml_lsp.match import called_names
from ml_lsp.settings import KEYS, read_settings

DOCS = Path(__file__).parents[2] / "docs"
TEMPLATE = Path(__file__).parents[2] / "vscode-client" / "src" / "ruleTemplate.ts"


def page(name):
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(name, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page(name), re.MULTILINE | re.DOTALL)


def test_every_setting_is_described():
    assert [key for key in KEYS if f"| `{key}` |" not in page("settings.md")] == []


def test_the_example_of_settings_is_accepted(tmp_path):
    (example,) = blocks("settings.md", "toml")
    (tmp_path / "lint-rules").mkdir()
    (tmp_path / "pyproject.toml").write_text(example)
    settings = read_settings(tmp_path)
    assert settings.rules == (tmp_path / "lint-rules",)
    assert set(tomllib.loads(example)["tool"]["ml-lsp"]) <= set(KEYS)


def test_the_example_of_an_own_rule_is_accepted():
    (example,) = blocks("settings.md", "yaml")
    assert called_names(parse_rule(example, "acme/old-loader", Path("x.yaml"))) == ("acme.data.load_all",)


def options(command):
    parser = cli._parser()
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return [name for action in commands.choices[command]._actions for name in action.option_strings]


def test_the_page_that_vs_code_starts_a_rule_with_is_accepted():
    source = TEMPLATE.read_text(encoding="utf-8")
    page = re.search(r"return `(.*?)(?<!\\)`;", source, re.DOTALL)[1].replace("\\`", "`")
    rule = parse_rule(page.replace("${name}", "acme/own"), "acme/own", Path("x.yaml"))
    assert called_names(rule) == ("torch.load",)


def test_own_rules_in_the_pages_pass_their_own_test(tmp_path, monkeypatch, capsys):
    source = TEMPLATE.read_text(encoding="utf-8")
    template = re.search(r"return `(.*?)(?<!\\)`;", source, re.DOTALL)[1].replace("\\`", "`")
    (example,) = blocks("settings.md", "yaml")
    rules = tmp_path / "lint-rules" / "acme"
    rules.mkdir(parents=True)
    (rules / "old-loader.yaml").write_text(example, encoding="utf-8")
    (rules / "own.yaml").write_text(template.replace("${name}", "acme/own"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["test", "lint-rules"]) == 0, capsys.readouterr().out


def test_the_patterns_shown_are_patterns():
    (start,) = (block for block in blocks("settings.md", "yaml"))
    head, _, examples = start.partition("match:")
    for block in blocks("writing-rules.md", "yaml")[1:]:
        text = head + block + examples[examples.index("examples:") :]
        assert called_names(parse_rule(text, "acme/old-loader", Path("x.yaml")))


def test_the_failure_shown_is_the_one_that_is_made(tmp_path, monkeypatch, capsysbinary):
    (example,) = blocks("settings.md", "yaml")
    page_file = tmp_path / "lint-rules" / "acme" / "old-loader.yaml"
    page_file.parent.mkdir(parents=True)
    page_file.write_text(example.replace("call: acme.data.l", "call: acme.l"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["test", "lint-rules"]) == 1
    said = capsysbinary.readouterr().out.decode()
    (shown,) = re.findall(r"(?ms)^   ```text\n(.*?)^   ```", page("writing-rules.md"))
    assert re.sub("(?m)^   ", "", shown) == said


def test_every_option_of_check_is_described():
    written = page("command-line.md")
    assert [
        name for name in options("check") if name not in ("-h", "--help") and f"`{name}" not in written
    ] == []


@pytest.mark.parametrize("name", ["ci.md", "command-line.md"])
def test_commands_in_the_pages_are_understood(name):
    commands = re.findall(
        r"(?m)(?:^|run: |- |`)(ml-lsp (?:check|review|explain|rules|test)[^`\n|<]*?)(?=  |`|\n| \|| <)",
        page(name),
    )
    assert commands
    for command in commands:
        words = [word for word in shlex.split(command)[1:] if not word.startswith("[") and word != "...]"]
        cli._parser().parse_args(words)


def test_snippets_are_yaml():
    assert all(yaml.safe_load(block) for block in blocks("ci.md", "yaml"))
    hooks = yaml.safe_load((DOCS.parent / ".pre-commit-hooks.yaml").read_text())
    named = {
        hook["id"]
        for block in blocks("ci.md", "yaml")
        for hook in re.finditer(r"id: (?P<id>ml-lsp\S*)", block)
    }
    assert named <= {hook["id"] for hook in hooks}
    for hook in hooks:
        cli._parser().parse_args(shlex.split(hook["entry"])[1:])
