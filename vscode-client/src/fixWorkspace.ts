/** Collects the safe fixes of every file of the workspace and shows them before they are made. */

import { ProgressLocation, window, workspace, type TextDocument, type Uri, type WorkspaceEdit } from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { applyAfterPreview, fixesOfAll } from "./fixAll";

const FILES = "**/*.{py,ipynb,yaml,yml,json}";
const NOT_OURS = "**/{.git,.venv,venv,env,node_modules,site-packages,__pycache__,.ipynb_checkpoints}/**";

/** Asks for the fixes file by file, which may be cancelled, then shows all of them. */
export async function fixWorkspace(client: LanguageClient): Promise<void> {
  const edits = await window.withProgress(
    { location: ProgressLocation.Notification, title: "ml-lsp: looking for fixes", cancellable: true },
    async (progress, token) => {
      const files = await workspace.findFiles(FILES, NOT_OURS, undefined, token);
      const found: WorkspaceEdit[] = [];
      for (const [index, file] of files.entries()) {
        if (token.isCancellationRequested) {
          return undefined;
        }
        progress.report({ increment: 100 / files.length, message: `${index + 1} of ${files.length}` });
        found.push(...(await fixesOfAll(client, await documentsOf(file))));
      }
      return found;
    },
  );
  if (edits?.length === 0) {
    void window.showInformationMessage("ml-lsp: nothing in the workspace can be fixed safely.");
  } else if (edits !== undefined) {
    await applyAfterPreview(edits);
  }
}

/** The document of a file, or the cells of a notebook; nothing for a file that the editor cannot open as text. */
async function documentsOf(file: Uri): Promise<TextDocument[]> {
  try {
    if (file.path.endsWith(".ipynb")) {
      return (await workspace.openNotebookDocument(file)).getCells().map((cell) => cell.document);
    }
    return [await workspace.openTextDocument(file)];
  } catch {
    return []; // Too large, binary or gone: there is nothing to fix in it.
  }
}
