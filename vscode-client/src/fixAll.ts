/** Runs the server's safe fixes over a file, a notebook or the whole workspace. */

import {
  Range,
  WorkspaceEdit,
  commands,
  window,
  workspace,
  type CodeAction,
  type TextDocument,
  type WorkspaceEditMetadata,
  type WorkspaceEditEntryMetadata,
} from "vscode";

const FIX_ALL = "source.fixAll.ml-lsp";

/** Fixes the document in front, or every cell of the notebook in front. */
export async function fixFile(): Promise<void> {
  const found = await fixesOfAll(shownDocuments());
  if (found.length === 0) {
    void window.showInformationMessage("ml-lsp: nothing here can be fixed safely.");
  }
  for (const edit of found) {
    await workspace.applyEdit(edit);
  }
}

/** Puts many edits into one that the editor shows before it is made, each file with a box to tick. */
export function preview(edits: readonly WorkspaceEdit[]): WorkspaceEdit {
  const ask: WorkspaceEditEntryMetadata = { needsConfirmation: true, label: "ml-lsp: safe fixes" };
  const all = new WorkspaceEdit();
  for (const [uri, changes] of edits.flatMap((edit) => edit.entries())) {
    for (const { range, newText } of changes) {
      all.replace(uri, range, newText, ask);
    }
  }
  return all;
}

/** Shows `edits` in the preview of the editor; they are made when the person applies them there. */
export async function applyAfterPreview(edits: readonly WorkspaceEdit[]): Promise<void> {
  const asRefactoring: WorkspaceEditMetadata = { isRefactoring: true };
  await workspace.applyEdit(preview(edits), asRefactoring);
}

/** The edits that make all safe fixes, one for each document that has any. */
export async function fixesOfAll(documents: readonly TextDocument[]): Promise<WorkspaceEdit[]> {
  const edits = await Promise.all(documents.map(fixesOf));
  return edits.filter((edit) => edit !== undefined);
}

async function fixesOf(document: TextDocument): Promise<WorkspaceEdit | undefined> {
  const everything = new Range(0, 0, document.lineCount, 0);
  const actions = await commands.executeCommand<CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    everything,
    FIX_ALL,
    1, // Have the first one resolved: the server may compute its edit only then.
  );
  return actions.find((action) => action.kind?.value === FIX_ALL)?.edit;
}

function shownDocuments(): TextDocument[] {
  const notebook = window.activeNotebookEditor?.notebook;
  if (notebook !== undefined) {
    return notebook.getCells().map((cell) => cell.document);
  }
  const document = window.activeTextEditor?.document;
  return document === undefined ? [] : [document];
}
