/** Runs the server's safe fixes over a file or a notebook. */

import { window, workspace, type TextDocument, type WorkspaceEdit } from "vscode";
import {
  CodeActionRequest,
  CodeActionResolveRequest,
  type CodeAction,
  type LanguageClient,
} from "vscode-languageclient/node";

const FIX_ALL = "source.fixAll.ml-lsp";

/** Fixes the document in front, or every cell of the notebook in front. */
export async function fixFile(client: LanguageClient): Promise<void> {
  const found = await fixesOfAll(client, shownDocuments());
  if (found.length === 0) {
    void window.showInformationMessage("ml-lsp: nothing here can be fixed safely.");
  }
  for (const edit of found) {
    await workspace.applyEdit(edit);
  }
}

/** The edits that make all safe fixes, one for each document that has any. */
async function fixesOfAll(
  client: LanguageClient,
  documents: readonly TextDocument[],
): Promise<WorkspaceEdit[]> {
  const edits = await Promise.all(documents.map((document) => fixesOf(client, document)));
  return edits.filter((edit) => edit !== undefined);
}

/** Asked of the server itself: the editor asks only about documents that it shows. */
async function fixesOf(client: LanguageClient, document: TextDocument): Promise<WorkspaceEdit | undefined> {
  const actions = await client.sendRequest(CodeActionRequest.type, {
    textDocument: client.code2ProtocolConverter.asTextDocumentIdentifier(document),
    range: { start: { line: 0, character: 0 }, end: { line: document.lineCount, character: 0 } },
    context: { diagnostics: [], only: [FIX_ALL] },
  });
  const action = actions?.find((offered): offered is CodeAction => "kind" in offered && offered.kind === FIX_ALL);
  const whole = action?.edit ?? (action && (await client.sendRequest(CodeActionResolveRequest.type, action)).edit);
  return client.protocol2CodeConverter.asWorkspaceEdit(whole);
}

function shownDocuments(): TextDocument[] {
  const notebook = window.activeNotebookEditor?.notebook;
  if (notebook !== undefined) {
    return notebook.getCells().map((cell) => cell.document);
  }
  const document = window.activeTextEditor?.document;
  return document === undefined ? [] : [document];
}
