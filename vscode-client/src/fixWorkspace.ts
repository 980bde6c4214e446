/** Has the server find the safe fixes of every file of the workspace, and shows them before they are made. */

import { window, workspace, type WorkspaceEditEntryMetadata, type WorkspaceEditMetadata } from "vscode";
import { ExecuteCommandRequest, TextDocumentEdit, type LanguageClient, type WorkspaceEdit } from "vscode-languageclient/node";

/** The editor saves what it changes then. */
const AS_REFACTORING: WorkspaceEditMetadata = { isRefactoring: true };

const ASK: WorkspaceEditEntryMetadata = { needsConfirmation: true, label: "ml-lsp: safe fixes" };

/** Asks the server for one edit of everything; the person sees it, every fix ticked, before it is made. */
export async function fixWorkspace(client: LanguageClient): Promise<void> {
  const params = { command: "ml-lsp.workspaceFixes" };
  const found: WorkspaceEdit | null = await client.sendRequest(ExecuteCommandRequest.type, params);
  if (found === null) {
    return; // The person took the progress away.
  }
  if (isOutdated(client, found)) {
    void window.showWarningMessage("ml-lsp: a file changed meanwhile; nothing was fixed. Try again.");
    return;
  }
  const edit = await client.protocol2CodeConverter.asWorkspaceEdit(found);
  const folder = workspace.workspaceFolders?.[0];
  if (edit.size === 0 || folder === undefined) {
    void window.showInformationMessage("ml-lsp: nothing in the workspace can be fixed safely.");
    return;
  }
  // The editor shows an edit of which a part needs to be confirmed, and ticks only what does not. What is there already
  // is neither made nor listed, so that all that is listed is ticked.
  edit.createFile(folder.uri, { ignoreIfExists: true }, ASK);
  await workspace.applyEdit(edit, AS_REFACTORING);
}

/** Whether a document has changed since its fixes were found. */
function isOutdated(client: LanguageClient, edit: WorkspaceEdit): boolean {
  const versions = new Map(workspace.textDocuments.map(({ uri, version }) => [uri.toString(), version]));
  return (edit.documentChanges ?? []).filter(TextDocumentEdit.is).some(({ textDocument: { uri, version } }) => {
    const now = versions.get(client.protocol2CodeConverter.asUri(uri).toString());
    return version !== null && now !== undefined && now !== version;
  });
}
