"""Edits for things that moved to another module of their library and take one more argument there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ml_lsp.fixes import insert_first_argument
from ml_lsp.renaming import ImportedName, imported_name
from ml_lsp.semantics.names import public
from ml_lsp.semantics.outside_names import Mention, used_names
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Ref
from ml_lsp.syntax.trees import below_attributes
from ml_lsp.text import Edit, Span


@dataclass(frozen=True)
class Successor:
    """Where a thing has moved: its new dotted name, the new first argument as written, and the names that
    its old positional arguments must now be passed by (none: they keep their places)."""

    name: str
    argument: str
    parameters: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The new module."""
        return self.name.rpartition(".")[0]


Successors = Mapping[str, Successor]


def moved(mention: Mention, successors: Successors) -> tuple[Edit, ...]:
    """Edits that make a use, and all that its import serves, use the successors; none if one cannot."""
    assert isinstance(mention.node, ast.expr)
    new = successors[mention.name].name
    base = _base(mention.scope, mention.node, new)
    if base is not None:
        passed = _argument_edits(mention, successors[mention.name])
        known = mention.scope.value(base)
        shared = known.name if isinstance(known, Ref) else ""
        written = mention.scope.text(base) + new.removeprefix(shared)
        return () if passed is None else (Edit(mention.span, written), *passed)
    root = below_attributes(mention.node)
    imported = imported_name(mention.scope, root) if isinstance(root, ast.Name) else None
    return moved_import(imported, successors) if imported is not None else ()


def moved_import(imported: ImportedName, successors: Successors) -> tuple[Edit, ...]:
    """Edits that import the successors instead, and adapt all uses; none if that cannot be done for all."""
    statement = _import_edit(imported, successors)
    edits = [statement]
    for alias in imported.statement.names:
        for mention in _mentions(ImportedName(imported.scope, imported.statement, alias)):
            successor = successors.get(mention.name) if mention is not None else None
            passed = _argument_edits(mention, successor) if mention is not None and successor else None
            if passed is None:
                return ()
            edits += passed
    return tuple(edit for edit in edits if edit is not None) if statement is not None else ()


def _base(scope: Scope, node: ast.expr, new: str) -> ast.expr | None:
    """The part of `torch.cuda.amp.autocast` that the new name starts with too."""
    while isinstance(node, ast.Attribute):
        node = node.value
        value = scope.value(node)
        if isinstance(value, Ref) and new.startswith(value.name + "."):
            return node
    return None


def _mentions(imported: ImportedName) -> Iterator[Mention | None]:
    """What the uses of an imported name mention; None for a use of which that is not known."""
    for scope, use in imported.uses():
        known = [
            one
            for one in used_names(scope)
            if isinstance(one.node, ast.expr) and below_attributes(one.node) is use
        ]
        yield known[0] if known else None


def _import_edit(imported: ImportedName, successors: Successors) -> Edit | None:
    """The import of the new module, or of the same names from it; None if others would move along."""
    scope, statement = imported.scope, imported.statement
    modules = {successor.module for successor in successors.values()}
    if len(modules) != 1:
        return None
    (module,) = modules
    if isinstance(statement, ast.Import):
        return Edit(imported.name_span, module) if len(statement.names) == 1 else None
    names = [public(f"{statement.module}.{alias.name}") for alias in statement.names]
    parent, _, last = module.rpartition(".")
    if all(name in successors for name in names):
        target = module
    elif len(names) == 1 and statement.names[0].name == last:
        target = parent
    else:
        return None
    found = re.compile(r"from\s+([\w.]+)").match(scope.text(statement))
    start = scope.span(statement).start
    return Edit(Span(start + found.start(1), start + found.end(1)), target) if found is not None else None


def _argument_edits(mention: Mention, successor: Successor) -> list[Edit] | None:
    """Edits that pass the new argument at a use; None if what stands there cannot take it."""
    scope, node = mention.scope, mention.node
    assert isinstance(node, ast.expr)
    call = scope.call_with(node)
    if call is None:
        decorates = "=" in successor.argument and any(
            node in _decorators(one) for one in scope.flow.functions
        )
        end = mention.span.end
        return [Edit(Span(end, end), f"({successor.argument})")] if decorates else None
    if any(isinstance(arg, ast.Starred) for arg in call.node.args):
        return None
    edits = [insert_first_argument(call, successor.argument)]
    for name, arg in zip(successor.parameters, call.node.args, strict=False):
        at = scope.span(arg).start
        edits.append(Edit(Span(at, at), f"{name}="))
    return _joined(edits)


def _joined(edits: list[Edit]) -> list[Edit]:
    """Insertions at one place made one, in their order."""
    joined: dict[Span, str] = {}
    for edit in edits:
        joined[edit.span] = joined.get(edit.span, "") + edit.new
    return [Edit(span, new) for span, new in joined.items()]


def _decorators(node: ast.AST) -> list[ast.expr]:
    return getattr(node, "decorator_list", [])
