"""What IPython adds to Python (magics, shell escapes, help), found and blanked without moving anything."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from ml_lsp.text import Edit, Span

# Cell magics whose body runs as Python in the notebook's own namespace (IPython 8 and well-known extensions).
# All others hide their cell: another language, a file to be written, or another process's Python.
PYTHON_CELL_MAGICS = frozenset(
    (
        "capture",
        "debug",
        "heat",
        "ipytest",
        "lprun",
        "memit",
        "mprun",
        "notify",
        "prun",
        "pyinstrument",
        "scalene",
        "snakeviz",
        "time",
        "timeit",
        "wandb",
    )
)

# IPython keeps the last three results under these names, so they are defined and their value is unknown.
_UNKNOWN_RESULT = "__"

_LINE_END = r"(?:\r\n|\r|\n)"
_MAY_HOLD = re.compile(r"(?:\A|[\r\n])[ \t\f]*+[%!?,;/]|=[ \t]*+[!%]|\?[ \t]*+(?:[\r\n]|\Z)")
_CELL_HEAD = re.compile(rf"(?>(?:[ \t]*+(?:\#[^\r\n]*+)?{_LINE_END})*)(%%[\w.!]++[^\r\n]*+)")
_MARKER = re.compile(r"[ \t\f]*+(?:%%|!!|\?\?|[%!?,;/])")
# A line and those that a backslash at its end joins to it, as IPython's find_end_of_continued_line does.
_REST = re.compile(rf"[^\r\n]*+(?>(?:(?<=\\){_LINE_END}[^\r\n]*+)*)")
_BLANK_LINES = re.compile(rf"(?>(?:[ \t\f]*+{_LINE_END})*)")
_INDENT = re.compile(r"[ \t\f]*+")
_PHYSICAL_LINE = re.compile(r"[^\r\n]*+")
_HIDING_BODY = re.compile(r"%%[\w.!]")
# Where the body of a cell magic ends in a text whose cells are not known: a `# %%` line, or two blank lines,
# which is what JupyterLab's language-server client puts between cells.
_BODY_END = re.compile(rf"{_LINE_END}(?=\#[ ]?%%)|{_LINE_END}(?=[ \t]*+{_LINE_END}[ \t]*+{_LINE_END})")
_NAME = re.compile(r"(%%|%|!!|!)[ \t]*+([\w.]*+)")
_TIMED = re.compile(r"%time[ \t]++(?=\S)")
_VISIBLE = re.compile(r"[^\r\n]")

_TOKEN = re.compile(
    r"""
      (?P<newline>\r\n|\r|\n)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<assign>(?<![=!<>+\-*/%&|^@:])=[ \t]*+(?=[!%]))
    | (?P<help>\?\??[ \t]*+(?=[\r\n]|\Z))
    | \\(?:\r\n|.)
    | \#[^\r\n]*+
    | \"\"\"(?>(?:[^"\\]++|\\.|"(?!""))*)(?:\"\"\")?
    | '''(?>(?:[^'\\]++|\\.|'(?!''))*)(?:''')?
    | "(?>(?:[^"\\\r\n]++|\\(?:\r\n|.))*)"?
    | '(?>(?:[^'\\\r\n]++|\\(?:\r\n|.))*)'?
    | [^\r\n()\[\]{}=?\\\#"']++
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Magic:
    """A piece of a cell that is IPython's and not Python's.

    `span` is what is hidden from Python, `text` what stood there, and `stand_in` the Python that takes its
    place, padded with spaces to the same width: `pass` in an indented suite, an unknown value after `x =`.
    """

    span: Span
    text: str
    stand_in: str = ""

    @property
    def name(self) -> str:
        """Marker and first word: `%pip`, `%%bash`, `!pip`; `!` for `!{x}`; `?` for help; `,`, `;` or `/`."""
        named = _NAME.match(self.text)
        if named:
            return named[1] + named[2]
        return self.text[0] if self.text[0] in ",;/" else "?"

    def is_kept_by(self, edit: Edit) -> bool:
        """Whether an edit puts the name of another magic in the place of this one's, and no more."""
        named = _NAME.fullmatch(edit.new)
        return named is not None and edit.span == Span(self.span.start, self.span.start + len(self.name))

    def shift(self, by: int) -> Magic:
        """The same piece in a text that starts `by` code points earlier."""
        return replace(self, span=self.span.shift(by)) if by else self


@lru_cache(maxsize=4096)
def cell_magics(source: str) -> tuple[Magic, ...]:
    """All of IPython's pieces in one code cell, in order; spans are offsets in `source`."""
    if not _MAY_HOLD.search(source):
        return ()
    found: list[Magic] = []
    at = 0
    while head := _CELL_HEAD.match(source, at):
        start, at = head.span(1)
        if not _runs_as_python(head[1]):
            return (*found, Magic(Span(start, len(source)), source[start:]))
        found.append(Magic(Span(start, at), head[1]))
    return (*found, *_scan(source, at))


def blank(text: str, magics: Iterable[Magic]) -> str:
    """Return `text` as Python sees it: each magic replaced by its stand-in; every line keeps its length."""
    pieces: list[str] = []
    at = 0
    for magic in magics:
        start, end = magic.span
        width = len(magic.stand_in)
        pieces += (text[at:start], magic.stand_in, _VISIBLE.sub(" ", text[start + width : end]))
        at = end
    pieces.append(text[at:])
    return "".join(pieces)


def blank_magics(text: str) -> str:
    """Return a plain Python text with IPython's pieces blanked; a text without them comes back as it is.

    For texts whose cells are not known: JupyterLab's virtual documents, and `.py` files with `# %%` cells.
    """
    return blank(text, _scan(text, 0)) if _MAY_HOLD.search(text) else text


def parsed(source: str) -> ast.Module | None:
    """The source as a module, None if Python cannot parse it; Python's own warnings on it are dropped."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _runs_as_python(cell_magic: str) -> bool:
    """Whether the cell under this line (`%%name arguments`) is still Python for the notebook."""
    return cell_magic.split(maxsplit=1)[0].removeprefix("%%") in PYTHON_CELL_MAGICS


def _scan(text: str, start: int) -> Iterator[Magic]:
    """IPython's pieces from `start` on, logical line by logical line: only there can they begin."""
    first_line = len(_match(_BLANK_LINES, text, 0))
    margin = _after_indent(text, first_line) - first_line
    at = start
    while at < len(text):
        if not _MARKER.match(text, at):
            at = yield from _python_line(text, at, margin)
            continue
        body_hidden = _HIDING_BODY.match(text, at)
        magic = _cell_magic_in_text(text, at) if body_hidden else _line_magic(text, at, margin)
        yield magic
        at = _next_line(text, magic.span.end)


def _line_magic(text: str, line: int, margin: int) -> Magic:
    """The line magic, shell escape, help or automatic call on the line that starts at `line`."""
    start = _after_indent(text, line)
    hidden = _rest_of_line(text, start)
    timed = _TIMED.match(hidden)
    if timed and _binds_names(hidden[timed.end() :]):
        return Magic(Span(start, start + timed.end()), timed[0], "pass;")
    return Magic(Span(start, start + len(hidden)), hidden, _statement(text, line, margin))


def _cell_magic_in_text(text: str, start: int) -> Magic:
    """The cell magic that begins at `start` of a text with unknown cells, with the body it hides."""
    line = _rest_of_line(text, start)
    end = start + len(line)
    if not _runs_as_python(line):
        body = _BODY_END.search(text, end)
        end = body.start() if body else len(text)
    return Magic(Span(start, end), text[start:end])


def _python_line(text: str, start: int, margin: int) -> Generator[Magic, None, int]:
    """Yield the magic in the logical line at `start`, if any; return where the next logical line starts."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        at = token.end()
        match token.lastgroup:
            case "open":
                depth += 1
            case "close":
                depth = max(0, depth - 1)
            case "newline" if not depth:
                return at
            case "assign" if not depth:
                hidden = _rest_of_line(text, at)
                yield Magic(Span(at, at + len(hidden)), hidden, _UNKNOWN_RESULT[: _width(text, at)])
                return _next_line(text, at)
            case "help" if not depth:
                first = _after_indent(text, start)
                yield Magic(Span(first, at), text[first:at], _statement(text, start, margin))
    return len(text)


def _statement(text: str, line: int, margin: int) -> str:
    """The statement without effect that keeps an indented suite valid where its line is hidden.

    `margin` is how deep the cell's first line is indented: IPython takes that off all lines.
    """
    start = _after_indent(text, line)
    if start - line <= margin:
        return ""
    return "pass" if _width(text, start) >= len("pass") else "0"


def _binds_names(statement: str) -> bool:
    """Whether what `%time` runs gives names to later lines; such a statement stays visible."""
    bindings = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Import, ast.ImportFrom)
    tree = parsed(statement)
    return tree is not None and any(isinstance(node, bindings) for node in tree.body)


def _after_indent(text: str, start: int) -> int:
    return start + len(_match(_INDENT, text, start))


def _width(text: str, start: int) -> int:
    """How many code points follow `start` on its physical line."""
    return len(_match(_PHYSICAL_LINE, text, start))


def _rest_of_line(text: str, start: int) -> str:
    return _match(_REST, text, start)


def _next_line(text: str, start: int) -> int:
    """The start of the line after the one at `start`, continued lines included."""
    end = start + len(_match(_REST, text, start))
    return end + (2 if text.startswith("\r\n", end) else 1)


def _match(pattern: re.Pattern[str], text: str, start: int) -> str:
    """What a pattern that matches everywhere (perhaps nothing) matches at `start`."""
    found = pattern.match(text, start)
    return found[0] if found else ""
