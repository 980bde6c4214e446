"""Notebook files: read the cells of an `.ipynb` text, and write new sources into it, all else untouched."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ml_lsp.syntax.json_places import Event, JsonError, elements, first_value, members
from ml_lsp.syntax.notebook import Cell, Kind
from ml_lsp.text import Edit, Source, Span, apply

_ESCAPED_BEYOND_ASCII = re.compile(r"\\u(?:00[89a-fA-F]|0[1-9a-fA-F]|[1-9a-fA-F])")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LAST_KEY_INDENT = re.compile(r"\n([ \t]*)\"[^\"\n]*\"[ \t]*:[ \t]*$")


class NotebookError(ValueError):
    """The text is not a notebook: `message` says why; 0-based `line` and code-point `column` say where."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"{message} (line {line + 1}, column {column + 1})")
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True)
class Notebook:
    """An `.ipynb` file: all cells in order, the kernel's language in lower case, nbformat's major version."""

    cells: tuple[Cell, ...]
    language: str
    nbformat: int
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)


def read(text: str) -> Notebook:
    """Read the text of an `.ipynb` file, nbformat 2 to 4. Outputs are passed over.

    Raises:
        NotebookError: if the text is not JSON or not a notebook.
    """
    if not text.removeprefix("\ufeff").strip():
        raise NotebookError("the file is empty")
    try:
        document = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise _error_at(text, error.msg, error.pos + text.startswith("\ufeff")) from error
    except (RecursionError, ValueError) as error:
        raise NotebookError(f"cannot be read as JSON: {error}") from error
    document = _checked(document, dict, "a notebook is a JSON object")
    nbformat = document.get("nbformat")
    metadata = _dict(document.get("metadata"))
    language = _kernel_language(metadata)
    cells = tuple(_cell(cell, language) for cell in _cells_of(document))
    return Notebook(cells, language, nbformat if isinstance(nbformat, int) else 4, metadata)


def replace_sources(text: str, sources: Mapping[int, str]) -> str:
    """Return the notebook's text with new sources for some cells (0-based among all cells).

    Everything else stays as it is, byte for byte. A source kept as a list stays a list, with its layout;
    lines that stay the same keep their JSON spelling.

    Raises:
        NotebookError: if the text is not a notebook.
        LookupError: if there is no such cell.
    """
    try:
        cells = _located_cells(text)
        edits = [_source_edit(text, cells[cell], source) for cell, source in sorted(sources.items())]
    except JsonError as error:
        raise _error_at(text, error.message, error.offset) from error
    return apply(text, edits)


def _cells_of(document: dict[str, Any]) -> list[Any]:
    """The raw cells: under `cells` from nbformat 4 on, in `worksheets` before."""
    if "cells" in document:
        cells: list[Any] = _checked(document["cells"], list, "`cells` is not a list")
        return cells
    if "worksheets" not in document:
        raise NotebookError("a notebook has `cells`")
    sheets = _checked(document["worksheets"], list, "`worksheets` is not a list")
    return [cell for sheet in sheets for cell in _checked(_dict(sheet).get("cells", []), list, "no cells")]


def _cell(raw: object, kernel_language: str) -> Cell:
    cell = _checked(raw, dict, "a cell is not a JSON object")
    metadata = _dict(cell.get("metadata"))
    kinds: dict[object, Kind] = {"code": "code", "raw": "raw"}
    kind = kinds.get(cell.get("cell_type"), "markdown")
    tags, count = metadata.get("tags"), cell.get("prompt_number", cell.get("execution_count"))
    return Cell(
        source=_source_of(cell.get(_source_key(cell), "")),
        kind=kind,
        language=_cell_language(cell, metadata, kernel_language) if kind == "code" else kind,
        id=str(cell.get("id", "")),
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        execution_count=count if isinstance(count, int) else None,
    )


def _source_key(cell: Mapping[str, object]) -> str:
    """nbformat 3 calls the source of a code cell `input`."""
    return "input" if "input" in cell and "source" not in cell else "source"


def _source_of(raw: object) -> str:
    lines = raw if isinstance(raw, list) else [raw]
    source = [line for line in lines if isinstance(line, str)]
    if len(source) < len(lines):
        raise NotebookError("the source of a cell is neither text nor a list of lines")
    return "".join(source)


def _cell_language(cell: dict[str, Any], metadata: dict[str, Any], kernel_language: str) -> str:
    """A cell may differ from the kernel: VS Code keeps that in its metadata, nbformat 3 in the cell."""
    own = _dict(metadata.get("vscode")).get("languageId") or cell.get("language")
    return own.lower() if isinstance(own, str) else kernel_language


def _kernel_language(metadata: dict[str, Any]) -> str:
    """The language that the notebook's metadata tells; Python if it tells nothing, as nbformat 3 did."""
    kernel = _dict(metadata.get("kernelspec"))
    told = _dict(metadata.get("language_info")).get("name") or kernel.get("language")
    if isinstance(told, str):
        return "python" if told.lower() in ("ipython", "python3") else told.lower()
    names = f"{kernel.get('name', 'python')} {kernel.get('display_name', '')}".lower()
    return "python" if "py" in names else names.split()[0]


def _located_cells(text: str) -> list[dict[str, Event]]:
    """The members of each raw cell, with places."""
    document = members(text, first_value(text))
    if "cells" in document:
        lists = [document["cells"]]
    elif "worksheets" in document:
        sheets = elements(text, document["worksheets"].span.start)
        lists = [cells for sheet in sheets if (cells := members(text, sheet.span.start).get("cells"))]
    else:
        raise NotebookError("a notebook has `cells`")
    return [members(text, cell.span.start) for cells in lists for cell in elements(text, cells.span.start)]


def _source_edit(text: str, cell: dict[str, Event], source: str) -> Edit:
    """The edit that gives a cell its new source."""
    key = _source_key(cell)
    if key not in cell:
        raise NotebookError("the cell has no source to replace")
    old = cell[key]
    if _source_of(old.data) == source:
        return Edit(old.span, text[old.span.start : old.span.end])
    if isinstance(old.data, list):
        return Edit(old.span, _list_literal(text, old.span, source))
    return Edit(old.span, _literal(text, source))


def _list_literal(text: str, span: Span, source: str) -> str:
    """The JSON list of the lines of `source`, laid out as the list that stands at `span`."""
    # nbformat splits with str.splitlines (nbformat/v4/rwbase.py): what Jupyter itself would write next time.
    lines = source.splitlines(keepends=True)
    if not lines:
        return "[]"
    old = elements(text, span.start)
    spelled = {str(item.data): text[item.span.start : item.span.end] for item in old}
    literals = [spelled.get(line) or _literal(text, line) for line in lines]
    opening, between, closing = _layout(text, span, old)
    return f"[{opening}{between.join(literals)}{closing}]"


def _layout(text: str, span: Span, old: tuple[Event, ...]) -> tuple[str, str, str]:
    """What stands before the first, between two, and after the last line of a source list."""
    if not old:
        key = _LAST_KEY_INDENT.search(text, max(0, span.start - 1000), span.start)
        if not key:
            return "", ", ", ""
        closing = f"\n{key[1]}"
        opening = closing + _step(key[1])
        return opening, f",{opening}", closing
    opening = text[span.start + 1 : old[0].span.start]
    closing = text[old[-1].span.end : span.end - 1]
    if len(old) > 1:
        return opening, text[old[0].span.end : old[1].span.start], closing
    return opening, f",{opening}" if opening else ", ", closing


def _step(indent: str) -> str:
    """One more level of indentation: the keys of a cell stand three levels deep."""
    return indent[: len(indent) // 3] or " "


def _literal(text: str, value: str) -> str:
    """`value` as a JSON string, with characters beyond ASCII escaped if the notebook escapes them."""
    if value.isascii() or (text.isascii() and _ESCAPED_BEYOND_ASCII.search(text)):
        return json.dumps(value)
    literal = json.dumps(value, ensure_ascii=False)
    return _SURROGATE.sub(lambda lone: f"\\u{ord(lone[0]):04x}", literal)


def _error_at(text: str, message: str, offset: int) -> NotebookError:
    line, column = Source(text).position(offset)
    return NotebookError(message, line, column)


def _checked(value: object, kind: type[Any], message: str) -> Any:
    if not isinstance(value, kind):
        raise NotebookError(message)
    return value


def _dict(value: object) -> dict[str, Any]:
    """`value` if it is an object, else an empty one: metadata is nobody's to insist on."""
    return value if isinstance(value, dict) else {}
