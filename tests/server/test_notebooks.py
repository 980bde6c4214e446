"""Notebooks: the cells are one text; every cell is shown its own findings, and loses them when it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.server.test_actions import actions, applied, resolved, titles
from tests.server.wire_client import FULL, WireClient, place, with_encodings, with_pull

Connect = Callable[..., WireClient]
CELLS = {"c0": "a = BAD\n", "c1": "%matplotlib inline\nb = ODD", "c2": "x = 1\n"}


class Notebook:
    """A notebook open in the editor, and what the editor does to it."""

    def __init__(self, client: WireClient, cells: dict[str, str]) -> None:
        self.client = client
        self.uri = client.uri("book.ipynb")
        self.version = 1
        notebook = {
            "uri": self.uri,
            "notebookType": "jupyter-notebook",
            "version": 1,
            "cells": [{"kind": 2, "document": self.cell(name)} for name in cells],
        }
        documents = [self._item(name, text) for name, text in cells.items()]
        client.notify(
            "notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": documents}
        )

    def cell(self, name: str) -> str:
        return self.uri.replace("file:", "vscode-notebook-cell:") + f"#{name}"

    def _item(self, name: str, text: str, language: str = "python") -> dict[str, Any]:
        return {"uri": self.cell(name), "languageId": language, "version": 1, "text": text}

    def codes(self, name: str, version: int | None = None, since: int = 0) -> list[str]:
        return [found["code"] for found in self.client.published(self.cell(name), version, since)]

    def _change(self, cells: dict[str, Any]) -> int:
        since = len(self.client.received)
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        params = {"notebookDocument": document, "change": {"cells": cells}}
        self.client.notify("notebookDocument/didChange", params)
        return since

    def edit(self, name: str, version: int, text: str, where: dict[str, Any] | None = None) -> int:
        change = {"text": text} if where is None else {"range": where, "text": text}
        content = {"document": {"uri": self.cell(name), "version": version}, "changes": [change]}
        return self._change({"textContent": [content]})

    def insert(self, at: int, name: str, text: str) -> int:
        array = {"start": at, "deleteCount": 0, "cells": [{"kind": 2, "document": self.cell(name)}]}
        return self._change({"structure": {"array": array, "didOpen": [self._item(name, text)]}})

    def delete(self, at: int, name: str) -> int:
        closed = [{"uri": self.cell(name)}]
        return self._change({"structure": {"array": {"start": at, "deleteCount": 1}, "didClose": closed}})

    def replace(self, at: int, name: str, text: str, kind: int, language: str) -> int:
        array = {"start": at, "deleteCount": 1, "cells": [{"kind": kind, "document": self.cell(name)}]}
        gone, come = [{"uri": self.cell(name)}], [self._item(name, text, language)]
        return self._change({"structure": {"array": array, "didOpen": come, "didClose": gone}})


def test_every_cell_gets_its_own_findings(client: WireClient) -> None:
    book = Notebook(client, CELLS)
    assert (book.codes("c0"), book.codes("c1"), book.codes("c2")) == (["words/bad"], ["words/odd"], [])
    [odd] = client.published(book.cell("c1"))
    assert odd["range"] == place(1, 4, 1, 7)
    assert [said["version"] for said in client.publishes(book.cell("c1"))] == [1]


def test_cells_are_pushed_to_editors_that_pull_and_are_empty_when_pulled(connect: Connect) -> None:
    client = connect(with_pull(FULL))
    book = Notebook(client, CELLS)
    assert book.codes("c0") == ["words/bad"]
    question = {"textDocument": {"uri": book.cell("c0")}}
    assert client.result("textDocument/diagnostic", question)["items"] == []


def test_an_edit_of_a_cell_is_answered_for_it(client: WireClient) -> None:
    book = Notebook(client, CELLS)
    book.codes("c2")
    since = book.edit("c2", 2, "OLD", place(0, 4, 0, 5))
    assert book.codes("c2", 2, since) == ["words/old"]
    client.settle()
    assert len(client.publishes(book.cell("c0"))) == 1


def test_cells_come_and_go(client: WireClient) -> None:
    book = Notebook(client, CELLS)
    book.codes("c2")
    since = book.insert(0, "new", "OLD\n")
    assert book.codes("new", 1, since) == ["words/old"]
    since = book.delete(1, "c0")
    assert client.published(book.cell("c0"), None, since) == []
    since = book.edit("c1", 2, "BAD")
    assert book.codes("c1", 2, since) == ["words/bad"]
    assert client.publishes(book.cell("c0"))[-1]["diagnostics"] == []


def test_a_cell_that_becomes_markdown_or_another_language_is_cleared(client: WireClient) -> None:
    book = Notebook(client, CELLS)
    book.codes("c2")
    since = book.replace(0, "c0", "a = BAD\n", 1, "markdown")
    assert client.published(book.cell("c0"), None, since) == []
    since = book.replace(1, "c1", "b = ODD", 2, "r")
    assert client.published(book.cell("c1"), None, since) == []
    since = book.replace(0, "c0", "a = BAD\n", 2, "python")
    assert book.codes("c0", 1, since) == ["words/bad"]


def test_closing_a_notebook_clears_its_cells(client: WireClient) -> None:
    book = Notebook(client, CELLS)
    book.codes("c2")
    closed = [{"uri": book.cell(name)} for name in CELLS]
    client.notify(
        "notebookDocument/didClose", {"notebookDocument": {"uri": book.uri}, "cellTextDocuments": closed}
    )
    client.settle()
    assert [client.publishes(book.cell(name))[-1]["diagnostics"] for name in CELLS] == [[], [], []]


def test_closing_a_notebook_clears_cells_that_are_not_named(client: WireClient) -> None:
    book = Notebook(client, CELLS)
    book.codes("c2")
    client.notify(
        "notebookDocument/didClose", {"notebookDocument": {"uri": book.uri}, "cellTextDocuments": []}
    )
    client.settle()
    assert client.publishes(book.cell("c0"))[-1]["diagnostics"] == []
    assert actions(client, book.cell("c0"), place(0, 4, 0, 4)) == []


def test_a_notebook_opened_anew_without_being_closed_has_its_new_cells(client: WireClient) -> None:
    book = Notebook(client, CELLS)
    book.codes("c2")
    again = Notebook(client, {"c1": "OLD", "c9": "x = 1"})
    again.codes("c9")
    assert client.publishes(book.cell("c0"))[-1]["diagnostics"] == []
    assert again.codes("c1", since=len(client.received) - 4) == ["words/old"]


def test_changes_of_what_is_not_open_are_told_in_a_line(client: WireClient) -> None:
    book = Notebook(client, CELLS)
    book.codes("c2")
    stranger = client.uri("other.ipynb")
    client.notify(
        "notebookDocument/didChange",
        {"notebookDocument": {"uri": stranger, "version": 2}, "change": {"cells": {}}},
    )
    book.edit("c7", 2, "BAD")
    client.send(client.change(client.uri("a.py"), 2, "BAD"))
    client.settle()
    assert [said["message"] for said in client.messages("window/logMessage")] == [
        f"{uri} has changed but is not open" for uri in (stranger, book.cell("c7"), client.uri("a.py"))
    ]
    assert book.codes("c0", 1, book.edit("c0", 2, "OLD")) == ["words/old"]


def test_a_quick_fix_edits_its_cell(connect: Connect) -> None:
    client = connect(with_encodings(FULL, "utf-8"))
    book = Notebook(client, {"c0": "'😀'\n", "c1": "%time x\n'é' + BAD\n"})
    [bad] = client.published(book.cell("c1"))
    fix = actions(client, book.cell("c1"), bad["range"], [bad])[0]
    [change] = fix["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": book.cell("c1"), "version": None}
    assert change["edits"] == [{"range": place(1, 7, 1, 10), "newText": "GOOD"}]


def test_the_menu_of_a_cell(client: WireClient) -> None:
    book = Notebook(client, {"c0": "BAD\n", "c1": "BAD\n"})
    assert titles(actions(client, book.cell("c0"), place(0, 1, 0, 1))) == [
        "Write GOOD",
        "Fix all `words/bad` in this notebook",
        "Ignore `words/bad` on this line",
        "Ignore `words/bad` in this notebook",
        "ml-lsp: Fix all that is safe to fix in this cell",
        "ml-lsp: Fix all that is safe to fix",
    ]


def test_fix_all_of_a_cell_leaves_the_other_cells_to_their_own(client: WireClient) -> None:
    cells = {"c0": "a = BAD\n", "c1": "b = BAD + BAD"}
    book = Notebook(client, cells)
    for name, text in cells.items():
        [action] = actions(client, book.cell(name), place(0, 0, 0, 0), only=["source.fixAll.ml-lsp"])
        done = resolved(client, action)
        assert [item["textDocument"]["uri"] for item in done["edit"]["documentChanges"]] == [book.cell(name)]
        assert applied(text, done, book.cell(name)) == text.replace("BAD", "GOOD")


def test_fix_all_of_a_notebook_edits_all_cells(client: WireClient) -> None:
    cells = {"c0": "a = BAD\n", "c1": "!ls\n", "c2": "b = BAD + BAD"}
    book = Notebook(client, cells)
    for asked in ("notebook.source.fixAll", "notebook.source.fixAll.ml-lsp"):
        [action] = actions(client, book.cell("c1"), place(0, 0, 0, 0), only=[asked])
        assert action["kind"] == asked
        done = resolved(client, action)
        for name in ("c0", "c2"):
            assert applied(cells[name], done, book.cell(name)) == cells[name].replace("BAD", "GOOD")


def test_fix_all_of_cells_that_say_the_same(client: WireClient) -> None:
    cells = {"c0": "x = 1\nBAD", "c1": "BAD"}
    book = Notebook(client, cells)
    for asked, fixed in (("source.fixAll", ["c0"]), ("notebook.source.fixAll", ["c0", "c1"])):
        [action] = actions(client, book.cell("c0"), place(0, 0, 0, 0), only=[asked])
        done = resolved(client, action)
        changed = [item["textDocument"]["uri"] for item in done["edit"]["documentChanges"]]
        assert changed == list(map(book.cell, fixed))
        for name in fixed:
            assert applied(cells[name], done, book.cell(name)) == cells[name].replace("BAD", "GOOD")


def test_fix_all_of_a_cell_that_has_gone_touches_no_other(client: WireClient) -> None:
    book = Notebook(client, CELLS)
    [action] = actions(client, book.cell("c0"), place(0, 0, 0, 0), only=["source.fixAll"])
    book.delete(0, "c0")
    book.insert(0, "c5", "BAD")
    assert "edit" not in resolved(client, action)


def test_an_ignore_is_written_into_the_cell_of_its_finding(client: WireClient) -> None:
    book = Notebook(client, CELLS)
    menu = actions(client, book.cell("c1"), place(1, 5, 1, 5))
    [action] = [item for item in menu if item["title"] == "Ignore `words/odd` on this line"]
    done = resolved(client, action)
    assert applied(CELLS["c1"], done, book.cell("c1")) == CELLS["c1"] + "  # ml-lsp: ignore[words/odd]"


def test_an_ignore_for_the_notebook_leaves_a_cell_magic_on_top(client: WireClient) -> None:
    cells = {"c0": "%%time\na = BAD\n", "c1": "b = ODD"}
    book = Notebook(client, cells)
    menu = actions(client, book.cell("c1"), place(0, 5, 0, 5))
    [action] = [item for item in menu if item["title"] == "Ignore `words/odd` in this notebook"]
    done = resolved(client, action)
    assert (
        applied(cells["c0"], done, book.cell("c0")) == "%%time\n# ml-lsp: ignore-file[words/odd]\na = BAD\n"
    )


def test_hover_in_a_cell(client: WireClient) -> None:
    book = Notebook(client, CELLS)
    position = {"textDocument": {"uri": book.cell("c1")}, "position": {"line": 1, "character": 5}}
    shown = client.result("textDocument/hover", position)
    assert shown["range"] == place(1, 4, 1, 7)
    assert "# The word ODD" in shown["contents"]["value"]


def test_a_notebook_that_comes_as_one_python_text_is_a_python_text(client: WireClient) -> None:
    uri = client.open(".virtual_documents/book.ipynb", "a = BAD\n\n\nb = ODD\n")
    assert [found["code"] for found in client.published(uri, 1)] == ["words/bad", "words/odd"]


def test_a_notebook_is_offered_in_words_that_clients_can_read(client: WireClient) -> None:
    answer = client.wait(lambda said: said.get("id") == 1)["result"]["capabilities"]
    [selector] = answer["notebookDocumentSync"]["notebookSelector"]
    assert selector == {"notebook": "*", "cells": [{"language": "python"}]}
