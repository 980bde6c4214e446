"""Hovers: the rule's page on a finding, and on a rule named in an ignore comment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.server.wire_client import FULL, WireClient, place, with_pull

Connect = Callable[..., WireClient]


def hover(client: WireClient, uri: str, line: int, column: int) -> Any:
    position = {"line": line, "character": column}
    return client.result("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})


@pytest.mark.parametrize("capabilities", [FULL, with_pull(FULL)])
def test_a_finding_shows_the_page_of_its_rule(connect: Connect, capabilities: dict[str, Any]) -> None:
    client = connect(capabilities)
    uri = client.open("a.py", "xx = BAD\n")
    shown = hover(client, uri, 0, 6)
    assert shown["range"] == place(0, 5, 0, 8)
    assert shown["contents"]["kind"] == "markdown"
    assert "# The word BAD" in shown["contents"]["value"]
    assert "Why BAD is wrong." in shown["contents"]["value"]
    assert hover(client, uri, 0, 1) is None
    assert hover(client, uri, 99, 0) is None


def test_each_of_several_rules_is_shown_once(client: WireClient) -> None:
    uri = client.open("a.py", "BAD=ODD\n")
    shown = hover(client, uri, 0, 3)["contents"]["value"]
    assert (shown.count("# The word BAD"), shown.count("# The word ODD")) == (1, 0)
    both = client.open("b.py", "BAD\n")
    assert "ODD" not in hover(client, both, 0, 1)["contents"]["value"]


def test_a_rule_in_an_ignore_comment_is_explained(client: WireClient) -> None:
    text = "x = BAD  # ml-lsp: ignore[words/odd, words/bad]\n"
    uri = client.open("a.py", text)
    shown = hover(client, uri, 0, text.index("words/bad") + 2)
    start = text.index("words/bad")
    assert shown["range"] == place(0, start, 0, start + 9)
    assert "# The word BAD" in shown["contents"]["value"]
    assert hover(client, uri, 0, text.index("ignore")) is None


def test_an_editor_without_markdown_gets_plain_text(connect: Connect) -> None:
    client = connect({})
    uri = client.open("a.py", "BAD\n")
    assert hover(client, uri, 0, 0)["contents"]["kind"] == "plaintext"


def test_a_hover_is_of_the_text_as_it_stands(client: WireClient) -> None:
    uri = client.open("a.py", "BAD\n")
    change = client.change(uri, 2, "ok = ", place(0, 0, 0, 0))
    position = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 6}}
    question = client.question("textDocument/hover", position)
    client.send(change, question)
    assert client.answer(question)["result"]["range"] == place(0, 5, 0, 8)


def test_the_fix_of_the_finding_is_named_not_that_of_the_page(client: WireClient) -> None:
    uri = client.open("a.py", "BAD\n\nODD\n\nBAD?\n\nx # ml-lsp: ignore[words/bad]\n")
    assert "Fix (safe, also on save): Write GOOD." in hover(client, uri, 0, 1)["contents"]["value"]
    assert "Fix (on request, for review): Write EVEN." in hover(client, uri, 2, 1)["contents"]["value"]
    assert "There is no automatic fix here." in hover(client, uri, 4, 1)["contents"]["value"]
    assert "Write better." in hover(client, uri, 6, 24)["contents"]["value"]  # a comment names the rule alone
