"""Diagnostics as the editor gets them: pushed with versions or pulled, the newest text's and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.server.wire_client import FULL, WireClient, place, with_encodings, with_pull

PULL = with_pull(FULL)
# As Neovim 0.10 and 0.11: such an editor is pushed to, for it would not ask again when settings change.
WITHOUT_REFRESH = {**PULL, "workspace": {**PULL["workspace"], "diagnostics": {"refreshSupport": False}}}
Connect = Callable[..., WireClient]


def pull(client: WireClient, uri: str, previous: str | None = None) -> dict[str, Any]:
    params: dict[str, Any] = {"textDocument": {"uri": uri}}
    if previous:
        params["previousResultId"] = previous
    return client.result("textDocument/diagnostic", params)


def codes(diagnostics: list[dict[str, Any]]) -> list[str]:
    return [found["code"] for found in diagnostics]


def test_a_diagnostic_says_everything_there_is_to_say(client: WireClient) -> None:
    uri = client.open("a.py", "x = BAD\ny = ODD + OLD\n", version=3)
    bad, odd, old = client.published(uri, 3)
    assert bad["range"] == place(0, 4, 0, 7)
    assert (bad["source"], bad["code"], bad["severity"]) == ("ml-lsp", "words/bad", 2)
    assert bad["codeDescription"]["href"].endswith("words/bad.md")
    assert bad["message"] == "`BAD` is not a good word."
    edit = {"range": place(0, 4, 0, 7), "newText": "GOOD"}
    assert bad["data"] == {
        "version": 3,
        "fix": {"title": "Write GOOD", "safe": True, "changes": {uri: [edit]}},
    }
    assert (odd["severity"], odd["data"]["fix"]["safe"]) == (1, False)
    assert (old["severity"], old["tags"], old["data"]) == (3, [2], {"version": 3})


def test_evidence_elsewhere_is_linked(connect: Connect) -> None:
    client = connect(settings={"profile": "review"})
    uri = client.open("a.py", "xyz\nFAR\n")
    [far] = client.published(uri, 1)
    location = {"uri": uri, "range": place(0, 0, 0, 1)}
    assert far["relatedInformation"] == [{"location": location, "message": "here it begins"}]
    assert far["severity"] == 4


def test_an_editor_gets_only_what_it_understands(connect: Connect) -> None:
    client = connect({}, options={"profile": "review"})
    uri = client.open("a.py", "BAD OLD FAR\n")
    wanted = {"range", "severity", "code", "source", "message"}
    assert [set(found) for found in client.published(uri, 1)] == [wanted] * 3


def test_every_version_is_answered_even_if_nothing_is_new(client: WireClient) -> None:
    uri = client.open("a.py", "x = BAD\n")
    client.published(uri, 1)
    client.send(client.change(uri, 2, " ", place(0, 3, 0, 3)))
    assert client.published(uri, 2)[0]["range"] == place(0, 5, 0, 8)
    client.send(client.change(uri, 3, "# end", place(1, 0, 1, 0)))
    client.published(uri, 3)
    assert [said["version"] for said in client.publishes(uri)] == [1, 2, 3]


def test_what_is_shown_is_not_pushed_again(client: WireClient) -> None:
    uri = client.open("a.py", "x = BAD\n")
    client.published(uri, 1)
    for _ in range(2):
        client.settings = {"profile": "default", "run": "onType", "trace": len(client.received)}
        client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.settle()
    assert len(client.publishes(uri)) == 1


def test_closing_clears_what_is_shown_and_nothing_else(client: WireClient) -> None:
    uri, clean = client.open("a.py", "BAD\n"), client.open("b.py", "x\n")
    client.published(uri, 1)
    client.published(clean, 1)
    for document in (uri, clean):
        client.notify("textDocument/didClose", {"textDocument": {"uri": document}})
    client.settle()
    assert client.publishes(uri)[-1] == {"uri": uri, "diagnostics": []}
    assert len(client.publishes(clean)) == 1


def test_a_closed_document_may_be_opened_again(client: WireClient) -> None:
    uri = client.open("a.py", "BAD\n")
    client.published(uri, 1)
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    client.settle()
    since = len(client.received)
    client.open("a.py", "BAD\n", version=1)
    client.published(uri, 1, since)
    assert [len(said["diagnostics"]) for said in client.publishes(uri)] == [1, 0, 1]


def test_of_edits_that_arrive_together_the_last_is_answered_first(client: WireClient) -> None:
    uri = client.open("a.py", "\n")
    client.published(uri, 1)
    since = len(client.received)
    client.send(*(client.change(uri, version, "BAD ", place(0, 0, 0, 0)) for version in range(2, 52)))
    assert len(client.published(uri, 51, since)) == 50
    assert [said["version"] for said in client.publishes(uri)] == [1, 51]


def test_a_newer_version_ends_the_review_of_an_older_one(client: WireClient) -> None:
    uri = client.open("a.py", "SLOW=5000 BAD\n")  # ten seconds
    client.settle()
    client.send(client.change(uri, 2, "ODD\n"))
    assert codes(client.published(uri)) == ["words/odd"]
    assert [said["version"] for said in client.publishes(uri)] == [2]


def test_a_long_review_lets_other_requests_and_documents_through(client: WireClient) -> None:
    slow = client.open("slow.py", "SLOW=300 BAD\n")
    quick = client.open("quick.py", "BAD\n")
    assert codes(client.published(quick, 1)) == ["words/bad"]
    assert not client.publishes(slow)
    assert codes(client.published(slow, 1)) == ["words/bad"]


def test_a_review_that_fails_is_one_line_in_the_log(client: WireClient) -> None:
    uri = client.open("a.py", "BAD CRASH\n")
    assert client.published(uri, 1) == []
    assert len(client.messages("window/logMessage")) == 1
    client.send(client.change(uri, 2, "BAD\n"))
    assert codes(client.published(uri, 2)) == ["words/bad"]


def test_documents_of_other_languages_are_left_alone(client: WireClient) -> None:
    notes = client.open("notes.md", "BAD\n", language="markdown")
    plain = client.open("BAD", "BAD\n", language="plaintext")
    config = client.open("a.yaml", "key: BAD\n", language="yaml")
    unnamed = client.open("b.py", "BAD\n", language="")
    assert codes(client.published(config, 1)) == codes(client.published(unnamed, 1)) == ["words/bad"]
    assert not client.publishes(notes)
    assert not client.publishes(plain)


def test_an_unsaved_document_is_reviewed(client: WireClient) -> None:
    item = {"uri": "untitled:Untitled-1", "languageId": "python", "version": 1, "text": "BAD\n"}
    client.notify("textDocument/didOpen", {"textDocument": item})
    assert codes(client.published("untitled:Untitled-1", 1)) == ["words/bad"]


@pytest.mark.parametrize(
    ("offered", "chosen", "start"),
    [
        (("utf-8", "utf-16"), "utf-8", 16),
        (("utf-16", "utf-8"), "utf-16", 13),
        (("utf-32", "utf-8"), "utf-32", 12),
        (("utf-7",), "utf-16", 13),
        ((), "utf-16", 13),
    ],
)
def test_columns_are_those_of_the_encoding_the_editor_prefers(
    connect: Connect, offered: tuple[str, ...], chosen: str, start: int
) -> None:
    client = connect(with_encodings(FULL, *offered))
    answer = client.wait(lambda said: said.get("id") == 1)
    assert answer["result"]["capabilities"]["positionEncoding"] == chosen
    uri = client.open("a.py", "\x0cs = '😀é' + BAD\r\n")
    assert client.published(uri, 1)[0]["range"] == place(0, start, 0, start + 3)
    client.send(client.change(uri, 2, "GOOD", place(0, start, 0, start + 3)))
    assert client.published(uri, 2) == []


def test_an_editor_that_asks_is_not_pushed_to(connect: Connect) -> None:
    client = connect(PULL)
    uri = client.open("a.py", "BAD\n")
    report = pull(client, uri)
    assert (report["kind"], codes(report["items"])) == ("full", ["words/bad"])
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    client.settle()
    assert not client.publishes(uri)


def test_pull_is_announced_to_those_that_have_it(connect: Connect) -> None:
    for capabilities, wanted in ((PULL, "ml-lsp"), (FULL, None), (WITHOUT_REFRESH, None)):
        client = connect(capabilities)
        answer = client.wait(lambda said: said.get("id") == 1)["result"]["capabilities"]
        assert answer.get("diagnosticProvider", {}).get("identifier") == wanted


def test_unchanged_diagnostics_are_not_sent_again(connect: Connect) -> None:
    client = connect(PULL)
    uri = client.open("a.py", "BAD\n")
    first = pull(client, uri)
    client.send(client.change(uri, 2, "# more\n", place(1, 0, 1, 0)))
    assert pull(client, uri, first["resultId"]) == {"kind": "unchanged", "resultId": first["resultId"]}
    client.send(client.change(uri, 3, "\n", place(0, 0, 0, 0)))
    moved = pull(client, uri, first["resultId"])
    assert moved["kind"] == "full"
    assert moved["items"][0]["range"] == place(1, 0, 1, 3)


def test_a_pull_sent_right_behind_an_edit_is_answered_for_it(connect: Connect) -> None:
    client = connect(PULL)
    uri = client.open("a.py", "x\n")
    question = client.question("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    client.send(client.change(uri, 2, "BAD", place(0, 0, 0, 1)), question)
    assert codes(client.answer(question)["result"]["items"]) == ["words/bad"]


def test_a_pull_overtaken_by_an_edit_is_to_be_asked_again(connect: Connect) -> None:
    client = connect(PULL)
    uri = client.open("a.py", "SLOW=5000\n")
    first = client.question("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    second = client.question("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    client.send(first)
    client.settle()
    client.send(client.change(uri, 2, "BAD\n"), second)
    assert client.answer(first)["error"]["code"] == -32802
    assert client.answer(first)["error"]["data"] == {"retriggerRequest": True}
    assert codes(client.answer(second)["result"]["items"]) == ["words/bad"]


def test_a_pull_for_what_is_not_open_is_empty(connect: Connect) -> None:
    client = connect(PULL)
    assert pull(client, client.uri("never.py"))["items"] == []
