"""Quick fixes, ignores and fix-all: what the menu holds, and what the text becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.server.wire_client import FULL, WireClient, place, with_encodings, with_pull

Connect = Callable[..., WireClient]
TEXT = "a = BAD\nb = ODD\nc = BAD + BAD\n"
WITHOUT_RESOLVE = {**FULL, "textDocument": {**FULL["textDocument"], "codeAction": {}}}
WITHOUT_VERSIONS = {**FULL, "workspace": {}}


def actions(
    client: WireClient,
    uri: str,
    where: dict[str, Any],
    diagnostics: list[dict[str, Any]] | None = None,
    only: list[str] | None = None,
) -> list[dict[str, Any]]:
    context: dict[str, Any] = {"diagnostics": diagnostics or []}
    if only is not None:
        context["only"] = only
    params = {"textDocument": {"uri": uri}, "range": where, "context": context}
    return client.result("textDocument/codeAction", params)


def resolved(client: WireClient, action: dict[str, Any]) -> dict[str, Any]:
    return client.result("codeAction/resolve", action)


def applied(text: str, action: dict[str, Any], uri: str) -> str:
    """A text of plain ASCII and line feeds after an action's edits of one document."""
    edit = action["edit"]
    if "documentChanges" in edit:
        [edits] = [item["edits"] for item in edit["documentChanges"] if item["textDocument"]["uri"] == uri]
    else:
        edits = edit["changes"][uri]
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def offset(position: dict[str, int]) -> int:
        return starts[position["line"]] + position["character"]

    for item in sorted(edits, key=lambda item: offset(item["range"]["start"]), reverse=True):
        start, end = offset(item["range"]["start"]), offset(item["range"]["end"])
        text = text[:start] + item["newText"] + text[end:]
    return text


def titles(found: list[dict[str, Any]]) -> list[str]:
    return [action["title"] for action in found]


def test_the_menu_of_a_finding(client: WireClient) -> None:
    uri = client.open("a.py", TEXT)
    bad = client.published(uri, 1)[0]
    menu = actions(client, uri, bad["range"], [bad])
    assert titles(menu) == [
        "Write GOOD",
        "Fix all `words/bad` in this file",
        "Ignore `words/bad` on this line",
        "Ignore `words/bad` in this file",
        "ml-lsp: Fix all that is safe to fix",
    ]
    fix, _, ignore, *_ = menu
    assert (fix["kind"], fix["isPreferred"], fix["diagnostics"]) == ("quickfix", True, [bad])
    assert (ignore["kind"], ignore["diagnostics"]) == ("quickfix", [bad])
    assert "isPreferred" not in ignore
    assert fix["edit"]["documentChanges"][0]["textDocument"] == {"uri": uri, "version": 1}
    assert applied(TEXT, fix, uri) == TEXT.replace("BAD", "GOOD", 1)


def test_an_unsafe_fix_is_not_preferred(client: WireClient) -> None:
    uri = client.open("a.py", TEXT)
    odd = client.published(uri, 1)[1]
    fix = actions(client, uri, odd["range"], [odd])[0]
    assert (fix["title"], fix["isPreferred"]) == ("Write EVEN", False)


@pytest.mark.parametrize("capabilities", [FULL, with_pull(FULL), WITHOUT_RESOLVE, WITHOUT_VERSIONS])
def test_an_editor_that_sends_no_diagnostics_gets_the_actions_at_its_range(
    connect: Connect, capabilities: dict[str, Any]
) -> None:
    client = connect(capabilities)
    uri = client.open("a.py", TEXT)
    fixes = [
        action for action in actions(client, uri, place(2, 11, 2, 11)) if action["title"] == "Write GOOD"
    ]
    assert [applied(TEXT, fix, uri) for fix in fixes] == [TEXT.replace("+ BAD", "+ GOOD")]


def test_diagnostics_of_an_older_text_are_found_again_in_the_new_one(client: WireClient) -> None:
    uri = client.open("a.py", TEXT)
    stale = client.published(uri, 1)[0]
    client.send(client.change(uri, 2, "# new\nx = ", place(0, 0, 0, 4)))
    new = "# new\nx = BAD\nb = ODD\nc = BAD + BAD\n"
    fix = actions(client, uri, place(1, 4, 1, 7), [stale])[0]
    assert fix["edit"]["documentChanges"][0]["textDocument"]["version"] == 2
    assert applied(new, fix, uri) == new.replace("BAD", "GOOD", 1)


def test_diagnostics_of_others_are_left_to_them(client: WireClient) -> None:
    uri = client.open("a.py", "x = 1\n")
    other = {"range": place(0, 0, 0, 1), "message": "no", "source": "ruff", "data": {"version": 1, "fix": 3}}
    assert actions(client, uri, place(0, 0, 0, 1), [other]) == []


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (["quickfix"], {"quickfix"}),
        (["source"], {"source.fixAll.ml-lsp"}),
        (["source.fixAll"], {"source.fixAll"}),
        (["source.fixAll.ml-lsp"], {"source.fixAll.ml-lsp"}),
        (["source.fixAll.other"], set()),
        (["source.organizeImports"], set()),
        (["refactor"], set()),
        ([""], set()),
        ([], set()),
        (None, {"quickfix", "source.fixAll.ml-lsp"}),
    ],
)
def test_actions_are_of_the_kinds_asked_for(
    client: WireClient, only: list[str] | None, kinds: set[str]
) -> None:
    uri = client.open("a.py", TEXT)
    assert {action["kind"] for action in actions(client, uri, place(0, 5, 0, 5), only=only)} == kinds


def test_fix_all_fixes_what_is_safe_until_nothing_is_left(client: WireClient) -> None:
    uri = client.open("a.py", TEXT)
    [action] = actions(client, uri, place(0, 0, 0, 0), only=["source.fixAll"])
    assert "edit" not in action
    done = resolved(client, action)
    assert done["edit"]["documentChanges"][0]["textDocument"]["version"] == 1
    assert applied(TEXT, done, uri) == "a = GOOD\nb = ODD\nc = GOOD + GOOD\n"


def test_fix_all_is_made_for_the_text_as_it_stands_when_it_is_chosen(client: WireClient) -> None:
    uri = client.open("a.py", TEXT)
    [action] = actions(client, uri, place(0, 0, 0, 0), only=["source.fixAll"])
    client.send(client.change(uri, 2, "\n\n", place(0, 0, 0, 0)))
    done = resolved(client, action)
    assert done["edit"]["documentChanges"][0]["textDocument"]["version"] == 2
    assert applied("\n\n" + TEXT, done, uri) == "\n\na = GOOD\nb = ODD\nc = GOOD + GOOD\n"


def test_fix_all_is_not_offered_where_nothing_is_safe_to_fix(client: WireClient) -> None:
    uri = client.open("a.py", "x = ODD\n")
    assert actions(client, uri, place(0, 0, 0, 0), only=["source.fixAll"]) == []


def test_an_editor_without_resolve_gets_edits_at_once(connect: Connect) -> None:
    client = connect(WITHOUT_RESOLVE)
    uri = client.open("a.py", TEXT)
    menu = actions(client, uri, place(0, 4, 0, 7))
    assert all("edit" in action and "data" not in action for action in menu)
    assert applied(TEXT, menu[-1], uri) == "a = GOOD\nb = ODD\nc = GOOD + GOOD\n"


def test_all_findings_of_one_rule_are_fixed_on_request(client: WireClient) -> None:
    text = "x = ODD + ODD\ny = BAD\n"
    uri = client.open("a.py", text)
    menu = actions(client, uri, place(0, 4, 0, 7))
    [action] = [action for action in menu if action["title"] == "Fix all `words/odd` in this file"]
    assert applied(text, resolved(client, action), uri) == "x = EVEN + EVEN\ny = BAD\n"


@pytest.mark.parametrize(
    ("title", "want"),
    [
        ("Ignore `words/bad` on this line", "a = BAD  # ml-lsp: ignore[words/bad]\nb = ODD\nc = BAD + BAD\n"),
        ("Ignore `words/bad` in this file", "# ml-lsp: ignore-file[words/bad]\n" + TEXT),
    ],
)
def test_an_ignore_silences_the_finding(client: WireClient, title: str, want: str) -> None:
    uri = client.open("a.py", TEXT)
    before = len(client.published(uri, 1))
    [action] = [item for item in actions(client, uri, place(0, 5, 0, 5)) if item["title"] == title]
    done = resolved(client, action)
    assert applied(TEXT, done, uri) == want
    client.send(client.change(uri, 2, want))
    left = client.published(uri, 2)
    assert len(left) < before
    assert not [
        found for found in left if found["code"] == "words/bad" and found["range"]["start"]["line"] == 0
    ]


def test_an_ignore_of_an_older_text_is_not_written(client: WireClient) -> None:
    uri = client.open("a.py", TEXT)
    menu = actions(client, uri, place(0, 5, 0, 5))
    [action] = [item for item in menu if item["title"] == "Ignore `words/bad` on this line"]
    client.send(client.change(uri, 2, "\n", place(0, 0, 0, 0)))
    assert "edit" not in resolved(client, action)


def test_json_has_no_comment_to_ignore_with(client: WireClient) -> None:
    uri = client.open("a.json", '{"x": "BAD"}\n', language="json")
    assert titles(actions(client, uri, place(0, 8, 0, 8), only=["quickfix"])) == ["Write GOOD"]


def test_edits_are_in_the_columns_of_the_editor(connect: Connect) -> None:
    for encoding, start in (("utf-8", 10), ("utf-16", 7), ("utf-32", 6)):
        client = connect(with_encodings(FULL, encoding))
        uri = client.open("a.py", "'😀é', BAD\n")
        fix = actions(client, uri, place(0, start, 0, start))[0]
        edit = {"range": place(0, start, 0, start + 3), "newText": "GOOD"}
        assert fix["edit"]["documentChanges"][0]["edits"] == [edit]


@pytest.mark.parametrize(
    "data", [None, 7, {}, {"fixAll": {"uri": 3}}, {"fixAll": None}, {"ignore": {"uri": "x"}}]
)
def test_resolving_nonsense_changes_nothing(client: WireClient, data: Any) -> None:
    action = {"title": "x", "kind": "quickfix", "data": data}
    assert resolved(client, action) == {key: value for key, value in action.items() if value is not None}


def test_there_are_no_actions_for_what_is_not_open(client: WireClient) -> None:
    assert actions(client, client.uri("never.py"), place(0, 0, 0, 0)) == []
    lost = {"fixAll": {"uri": client.uri("never.py"), "cell": "", "rule": ""}}
    assert "edit" not in resolved(client, {"title": "x", "data": lost})
