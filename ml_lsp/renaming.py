"""Edits that make code name another thing of the same library, through whatever import form it uses."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ml_lsp.fixes import add_import, replace_node
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import scopes_reading
from ml_lsp.semantics.names import public
from ml_lsp.semantics.scope import Scope
from ml_lsp.text import Edit, Span

Uses = Callable[[Scope, ast.expr], bool]


@dataclass(frozen=True, eq=False)
class ImportedName:
    """One name of an import statement, in the scope that runs it."""

    scope: Scope
    statement: ast.Import | ast.ImportFrom
    alias: ast.alias

    @property
    def local(self) -> str:
        """The name that the file uses."""
        return self.alias.asname or self.alias.name

    @property
    def name_span(self) -> Span:
        """Where the library's name stands in the import."""
        start = self.scope.span(self.alias).start
        return Span(start, start + len(self.alias.name))

    def uses(self) -> Iterator[tuple[Scope, ast.Name]]:
        """The places in the file that read the imported name."""
        for scope in scopes_reading(self.scope, self.local):
            for load in scope.flow.loads_of.get(self.local, ()):
                if not load.definitions or any(d.node is self.statement for d in load.definitions):
                    yield scope, load.node


def imported_name(scope: Scope, node: ast.Name) -> ImportedName | None:
    """The import that a name comes from, if nothing else binds the name."""
    load = scope.flow.loads.get(node)
    if load is not None and load.definitions:
        return _from_definitions(scope, node.id)
    around: Scope | None = scope.parent
    while around is not None and around.node is not None:
        if node.id in around.flow.definitions:
            return _from_definitions(around, node.id)
        around = around.parent
    binders = scope.inquiry.pieces("defines", node.id)
    return _from_definitions(scope.inquiry.piece_scope(binders[0]), node.id) if len(binders) == 1 else None


def _from_definitions(scope: Scope, name: str) -> ImportedName | None:
    definitions = scope.flow.definitions.get(name, ())
    statement = definitions[0].node if len(definitions) == 1 else None
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return None
    alias = next((one for one in statement.names if (one.asname or one.name) == name), None)
    return ImportedName(scope, statement, alias) if alias is not None else None


def rename(scope: Scope, node: ast.expr, name: str, also: Uses) -> tuple[Edit, ...]:
    """Edits that make an expression which names an outside thing name its sibling `name`.

    `nn.BCELoss` becomes `nn.<name>`. For a name that was imported by itself, the import changes if all its
    uses are to change (`also` says so of the others), else the sibling is imported beside it. No edits if the
    import cannot be found.
    """
    if isinstance(node, ast.Attribute):
        end = scope.span(node).end
        return (Edit(Span(end - len(node.attr), end), name),)
    imported = imported_name(scope, node) if isinstance(node, ast.Name) else None
    if imported is None or isinstance(imported.statement, ast.Import):
        return ()
    known = _local_of(scope, imported, name)
    uses = [(where, use) for where, use in imported.uses() if use is node or also(where, use)]
    if known is not None:
        return (replace_node(scope, node, known),)
    if len(uses) < len(list(imported.uses())):
        return add_to_import(imported, name), replace_node(scope, node, name)
    if imported.alias.asname:
        return (Edit(imported.name_span, name),)
    return Edit(imported.name_span, name), *(replace_node(where, use, name) for where, use in uses)


def _local_of(scope: Scope, imported: ImportedName, name: str) -> str | None:
    """How the file can name the sibling already."""
    module = getattr(imported.statement, "module", "")
    wanted = public(f"{module}.{name}")
    imports = scope.inquiry.module.tables.imports.items()
    return next((local for local, target in imports if public(target) == wanted), None)


def add_to_import(imported: ImportedName, name: str) -> Edit:
    """Import another name in the same statement, at its end."""
    end = imported.scope.span(imported.statement.names[-1]).end
    return Edit(Span(end, end), f", {name}")


def spelled(inquiry: Inquiry, dotted: str) -> tuple[str, tuple[Edit, ...]]:
    """How a file may write an outside name, and the edits that import it if it cannot be written yet.

    The name itself, `nn.Name` or `torch.nn.Name` where imported; else it joins a `from torch.nn import`.
    """
    imports = inquiry.module.tables.imports
    module, _, name = dotted.rpartition(".")
    known = {public(target): local for local, target in imports.items()}
    if dotted in known:
        return known[dotted], ()
    prefix = module
    while prefix:
        if prefix in known:
            return known[prefix] + dotted[len(prefix) :], ()
        prefix = prefix.rpartition(".")[0]
    for piece in inquiry.pieces("top level"):
        scope = inquiry.piece_scope(piece)
        for statement, block in scope.flow.blocks.items():  # none of a piece that does not parse
            if block is not scope.flow.root or not isinstance(statement, ast.ImportFrom):
                continue
            if statement.module == module and not statement.level:
                imported = ImportedName(scope, statement, statement.names[-1])
                return name, (add_to_import(imported, name),)
    return add_import(inquiry, module, name)
