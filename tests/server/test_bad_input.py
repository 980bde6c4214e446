"""Input that no editor should send and texts that nobody should open: the next answer is right."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.wire_client import FULL, WireClient, place, with_pull

REAL_SERVER = [sys.executable, "-m", "ml_lsp", "server"]
MISTAKE = "import yaml\nyaml.load(open('x'))\n"


@pytest.fixture(params=["push", "pull"])
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WireClient]:
    """A server with the rules that ship."""
    client = WireClient(tmp_path, command=REAL_SERVER)
    client.start(FULL if request.param == "push" else with_pull(FULL))
    yield client
    client.kill()


def pulls(client: WireClient) -> bool:
    answer = client.wait(lambda said: said.get("id") == 1)
    return "diagnosticProvider" in answer["result"]["capabilities"]


def findings(client: WireClient, uri: str, version: int) -> list[str]:
    if pulls(client):
        report = client.result("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        return [found["code"] for found in report["items"]]
    return [found["code"] for found in client.published(uri, version)]


def still_reviews(client: WireClient) -> None:
    uri = client.open("alive.py", MISTAKE, version=9)
    assert findings(client, uri, 9) == ["yaml/load-without-loader"]
    position = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 2}}
    assert "yaml/load-without-loader" in client.result("textDocument/hover", position)["contents"]["value"]


TEXTS = {
    "50 MB": "x = 1  # a comment that makes the line longer\n" * 1_100_000,
    "binary": "".join(map(chr, range(256))) * 200,
    "a lone surrogate": "x = '\udc80'\n" + MISTAKE + "y = '\ud83d'\n",
    "nested brackets": "x = " + "[" * 10_000 + "]" * 10_000 + "\n",
    "open brackets": "x = " + "([{" * 3_333 + "\n",
    "a long line": "x = [" + "1, " * 33_000 + "]\n",
    "a long name": "x" * 100_000 + "\n",
    "mixed line ends": "x = 1\r\ny = 2\rz = 3\n\x0c\n# \u2028\x85\r\n" + MISTAKE,
    "does not parse": "def f(:\n  return\n\n" + MISTAKE,
    "nothing": "",
    "only line ends": "\n\r\n\r" * 1000,
    "a byte order mark": "\ufeff" + MISTAKE,
    "NUL": "x = 1\x00\n" + MISTAKE,
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_strange_text_is_tolerated(real: WireClient, name: str) -> None:
    for number, language in enumerate(("python", "yaml", "json")):
        if name == "50 MB" and language != "python":
            continue
        uri = real.open(f"strange{number}", TEXTS[name], language=language)
        findings(real, uri, 1)
        real.send(real.change(uri, 2, "x", place(0, 0, 0, 1)))
        findings(real, uri, 2)
        params = {"textDocument": {"uri": uri}, "range": place(0, 0, 9, 0), "context": {"diagnostics": []}}
        real.result("textDocument/codeAction", params)
    still_reviews(real)
    assert not real.messages("window/showMessage")


@pytest.mark.parametrize("name", ["a lone surrogate", "mixed line ends", "a byte order mark"])
def test_findings_in_a_strange_text_are_at_their_place(real: WireClient, name: str) -> None:
    uri = real.open("strange.py", TEXTS[name])
    assert "yaml/load-without-loader" in findings(real, uri, 1)


def test_a_text_too_long_to_review_is_told_in_the_log(real: WireClient) -> None:
    uri = real.open("long.py", TEXTS["50 MB"])
    assert findings(real, uri, 1) == []
    [line] = real.messages("window/logMessage")
    assert "not reviewed" in line["message"]


@pytest.mark.parametrize(
    "where",
    [place(99, 0, 99, 5), place(0, 999, 0, 9999), place(1, 0, 0, 0), place(2**31 - 1, 2**31 - 1, 0, 0)],
)
def test_an_edit_outside_the_document_is_brought_inside(real: WireClient, where: dict[str, object]) -> None:
    uri = real.open("a.py", "x = 1\n")
    real.send(real.change(uri, 2, "y = 2\n", where))
    findings(real, uri, 2)
    real.send(real.change(uri, 3, MISTAKE))
    assert findings(real, uri, 3) == ["yaml/load-without-loader"]
    still_reviews(real)


def test_a_settings_file_that_is_not_toml_is_told(real: WireClient) -> None:
    (real.workspace / "ml-lsp.toml").write_bytes(b"\xff\xfe not toml [")
    still_reviews(real)
    [message] = real.messages("window/showMessage")
    assert message["message"].startswith(str(real.workspace / "ml-lsp.toml"))


def test_a_document_may_be_opened_twice_and_closed_twice(real: WireClient) -> None:
    uri = real.open("a.py", "x = 1\n")
    real.open("a.py", MISTAKE, version=2)
    assert findings(real, uri, 2) == ["yaml/load-without-loader"]
    for _ in range(2):
        real.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    still_reviews(real)


@pytest.mark.parametrize(
    "uri", ["", "x", "file:", "file:///", "file:///a%00b.py", "git:/a.py?{}", "file://host/a.py"]
)
def test_a_strange_address_is_tolerated(real: WireClient, uri: str) -> None:
    item = {"uri": uri, "languageId": "python", "version": 1, "text": MISTAKE}
    real.notify("textDocument/didOpen", {"textDocument": item})
    assert findings(real, uri, 1) == ["yaml/load-without-loader"]
    still_reviews(real)
