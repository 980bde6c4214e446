"""Verbs for remedies. Plain ones give edits at once; structural ones are worked out on libcst when wanted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ml_lsp.moving import whole_lines
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.activations import Maker
from ml_lsp.semantics.torch.losses import LossCall, is_applied_here, serves_only
from ml_lsp.text import Edit, Source, Span

if TYPE_CHECKING:
    pass

# ---------------------------------------------------------------------------------------------- plain verbs


def replace_node(scope: Scope, node: ast.AST, new: str) -> Edit:
    """Put `new` in a node's place."""
    return Edit(scope.span(node), new)


def replace_by_part(scope: Scope, node: ast.AST, part: ast.expr) -> Edit:
    """Put a part of an expression in the place of the whole, in brackets where it would read otherwise."""
    return Edit(scope.span(node), in_brackets_where_needed(scope, part, _parent_of(scope, node)))


def in_brackets_where_needed(scope: Scope, node: ast.expr, parent: ast.AST | None) -> str:
    """An expression as written, in brackets unless it holds together wherever `parent` needs an operand."""
    text = scope.text(node)
    free = isinstance(parent, ast.Assign | ast.AnnAssign | ast.Return | ast.Call | ast.keyword)
    atom = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant | ast.Tuple)
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:  # it goes over lines that only the brackets around it hold together
        return text if isinstance(parent, ast.Call | ast.keyword) else f"({text})"
    return text if atom or (free and not isinstance(node, ast.NamedExpr | ast.Yield)) else f"({text})"


def _parent_of(scope: Scope, node: ast.AST) -> ast.AST | None:
    around = scope.statement_of(node) or scope.node
    for parent in ast.walk(around) if around is not None else ():
        if any(child is node for child in ast.iter_child_nodes(parent)):
            # the function of a call binds tighter than its arguments
            return None if isinstance(parent, ast.Call) and parent.func is node else parent
    return None


def wrap_in_call(scope: Scope, node: ast.expr, function: str) -> tuple[Edit, Edit]:
    """Make an expression the only argument of a call."""
    start, end = scope.span(node)
    return Edit(Span(start, start), f"{function}("), Edit(Span(end, end), ")")


def pass_unactivated(loss: LossCall, maker: Maker) -> tuple[str, tuple[Edit, ...]]:
    """What an activation before a loss is applied to, as written, and the edit that passes it as it is.

    No edit if the activation stands in the model, or if its result is used for more than the loss.
    """
    scope, site, fed = loss.call.scope, maker.site, maker.fed
    if site is None or fed is None or not is_applied_here(loss, maker):
        return "", ()
    edits = (replace_by_part(scope, site.node, fed),) if serves_only(loss, site.node) else ()
    return " ".join(scope.text(fed).split()), edits


def insert_before(scope: Scope, statement: ast.stmt, line: str) -> Edit:
    """Put a line of code before a statement, in its block."""
    text, decorators = scope.tree.text, getattr(statement, "decorator_list", ())
    start = scope.tree.span(decorators[0]).start - 1 if decorators else scope.tree.span(statement).start
    source = Source(text)
    line_start = source.line_span(source.line_of(start)).start
    indent = text[line_start:start]
    if indent.strip():  # another statement stands before it on the line
        return _edit(scope, Span(start, start), f"{line}; ")
    return _edit(scope, Span(line_start, line_start), f"{indent}{line}{_newline(scope)}")


def insert_after(scope: Scope, statement: ast.stmt, line: str) -> Edit:
    """Put a line of code after a statement of one line, in its block, behind the comment on it."""
    text, span = scope.tree.text, scope.tree.span(statement)
    source = Source(text)
    indent = text[source.line_span(source.line_of(span.start)).start : span.start]
    behind = text[span.end : source.line_span(source.line_of(span.end)).end].rstrip("\r\n")
    if indent.strip() or (behind.strip() and not behind.strip().startswith("#")):
        return _edit(scope, Span(span.end, span.end), f"; {line}")
    at = span.end + len(behind)
    return _edit(scope, Span(at, at), f"{_newline(scope)}{indent}{line}")


def insert_text_before(scope: Scope, node: ast.AST, text: str) -> Edit:
    """Put a piece of code right before a node."""
    start = scope.span(node).start
    return Edit(Span(start, start), text)


def delete_statement(scope: Scope, statement: ast.stmt) -> Edit:
    """Take a statement out, with its line and the comment on it where it has one to itself.

    `pass` takes its place where its block needs one.
    """
    text, span = scope.tree.text, scope.tree.span(statement)
    source = Source(text)
    first, last = source.line_of(span.start), source.line_of(span.end)
    start, end = source.line_span(first).start, source.line_span(last).end
    behind = text[span.end : end].strip()
    alone = not text[start : span.start].strip() and (not behind or behind.startswith("#"))
    block = scope.block_of(statement)
    siblings = [other for other in scope.flow.blocks if scope.block_of(other) is block]
    may_be_empty = scope.is_module_level and block is scope.flow.root
    if (len(siblings) == 1 and not may_be_empty) or not alone:
        return _edit(scope, span, "pass")
    return _edit(scope, Span(start, end), "")


def add_argument(call: Call, text: str) -> Edit:
    """Append an argument to a call, minding a trailing comma and the layout of one argument a line."""
    scope = call.scope
    code, span_of = scope.tree.text, scope.tree.span
    arguments = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
    end = span_of(call.node).end
    if not arguments:
        return _edit(scope, Span(end - 1, end - 1), text)
    last = span_of(max(arguments, key=lambda node: span_of(node).end)).end
    rest = code[last : end - 1]
    closing = re.match(r"\)*", rest.replace(" ", "")).end()  # type: ignore[union-attr]
    while closing and rest:  # brackets around the last argument
        last, closing = last + rest.index(")") + 1, closing - 1
        rest = code[last : end - 1]
    comma = re.match(r"\s*,", rest)
    if comma is None:
        return _edit(scope, Span(last, last), f", {text}")
    at = last + comma.end()
    first = min(span_of(part).start for part in (*call.node.args, *call.node.keywords))
    indent = code[code.rfind("\n", 0, first) + 1 : first]
    if "\n" in rest[comma.end() :] and not indent.strip():
        return _edit(scope, Span(at, at), f"{_newline(scope)}{indent}{text},")
    return _edit(scope, Span(at, at), f" {text}")


def open_block(call: Call) -> tuple[Edit, ...]:
    """Make `call()` or `name = call()` a `with` around the rest of its block; nothing if lines are shared."""
    scope, statement = call.scope, call.scope.statement_of(call.node)
    match statement:
        case ast.Expr():
            head = f"with {scope.text(call.node)}:"
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call.node:
            head = f"with {scope.text(call.node)} as {name}:"
        case _:
            return ()
    block = scope.block_of(statement)
    rest = [
        other for other in scope.flow.blocks if scope.block_of(other) is block and isinstance(other, ast.stmt)
    ]
    rest = [other for other in rest if scope.span(other).start > scope.span(statement).start]
    source = Source(scope.inquiry.module.split.text)
    if (
        not rest
        or whole_lines(scope, source, statement) is None
        or whole_lines(scope, source, rest[-1]) is None
    ):
        return ()
    first, last = source.line_of(scope.span(statement).end) + 1, source.line_of(scope.span(rest[-1]).end)
    return (replace_node(scope, statement, head), *_indents(scope, source, range(first, last + 1), rest))


def _indents(scope: Scope, source: Source, lines: range, statements: list[ast.stmt]) -> Iterator[Edit]:
    """Put lines one step deeper; the inner lines of strings stay where they are."""
    strings = [node for statement in statements for node in ast.walk(statement) if _is_string(node)]
    inside = {
        line
        for span in map(scope.span, strings)
        for line in range(source.line_of(span.start) + 1, source.line_of(span.end) + 1)
    }
    first = source.line_text(source.line_of(scope.span(statements[0]).start))
    step = "\t" if first.startswith("\t") else "    "
    for line in lines:
        if line not in inside and source.line_text(line).strip():
            yield Edit(Span(source.line_starts[line], source.line_starts[line]), step)


def _is_string(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def insert_first_argument(call: Call, text: str) -> Edit:
    """Put an argument before all others of a call, on a line of its own where the first one has one."""
    scope = call.scope
    code, span_of = scope.tree.text, scope.tree.span
    arguments = [*call.node.args, *call.node.keywords]
    if not arguments:
        end = span_of(call.node).end - 1
        return _edit(scope, Span(end, end), text)
    first = min(span_of(argument).start for argument in arguments)
    indent = code[code.rfind("\n", 0, first) + 1 : first]
    gap = f"{_newline(scope)}{indent}" if not indent.strip() else " "
    return _edit(scope, Span(first, first), f"{text},{gap}")


def remove_argument(call: Call, node: ast.expr) -> Edit:
    """Take an argument out of a call, with its comma, and with its line where it has one to itself."""
    scope, span_of = call.scope, call.scope.tree.span
    text = scope.tree.text
    source = Source(text)
    span = span_of(next((keyword for keyword in call.node.keywords if keyword.value is node), node))
    line = source.line_span(source.line_of(span.start))
    behind = re.match(r",?[ \t]*(?:#.*)?\Z", text[span.end : line.end].rstrip("\r\n"))
    if not text[line.start : span.start].strip() and behind and span.end <= line.end:
        return _edit(scope, line, "")
    others = [span_of(part) for part in (*call.node.args, *call.node.keywords)]
    before = [other.end for other in others if other.end <= span.start]
    if before:
        return _edit(scope, Span(text.index(",", max(before)), span.end), "")
    following = re.match(r"\s*,\s*", text[span.end :])
    return _edit(scope, Span(span.start, span.end + (following.end() if following else 0)), "")


def _edit(scope: Scope, span: Span, new: str) -> Edit:
    """An edit whose place is counted from the start of the scope's piece."""
    return Edit(span.shift(scope.offset), new)


def _newline(scope: Scope) -> str:
    return Source(scope.inquiry.module.split.text).newline


def add_import(inquiry: Inquiry, module: str, name: str | None = None) -> tuple[str, tuple[Edit, ...]]:
    """How code may write an outside name, and the edits that import it if it is not imported yet.

    With `name`, `module.name` is imported by `from module import name`; without, by `import module`.
    """
    dotted = f"{module}.{name}" if name else module
    for local, target in inquiry.module.tables.imports.items():
        if target == dotted:
            return local, ()
        if name and target == module:
            return f"{local}.{name}", ()
    line = f"from {module} import {name}" if name else f"import {module}"
    written = name or module
    source = Source(inquiry.module.split.text)
    at = _import_place(inquiry)
    return written, (Edit(Span(at, at), f"{line}{source.newline}"),)


def _import_place(inquiry: Inquiry) -> int:
    """The offset at which a new import belongs: before the first import, behind `from __future__`."""
    inquiry.pieces("top level")
    after_future = first = int(
        inquiry.module.split.text.startswith("\ufeff")
    )  # a byte order mark has a piece
    for index, scope in _top_statements(inquiry):
        node = scope.tree.body[0] if scope.tree.body else None
        start = inquiry.module.split.starts[index]
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            after_future = start + len(inquiry.module.pieces[index].text)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            return scope.span(node).start
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and index == first:
            after_future = max(after_future, start + len(inquiry.module.pieces[index].text))
    return after_future


def _top_statements(inquiry: Inquiry) -> list[tuple[int, Scope]]:
    from ml_lsp.syntax.trees import tree

    found = inquiry.pieces("top level")
    return [(i, inquiry.piece_scope(i)) for i in found if tree(inquiry.module.pieces[i]) is not None]
