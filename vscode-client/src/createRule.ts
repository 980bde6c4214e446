/** Makes a rule of the workspace from a template. */

import { Position, Uri, WorkspaceEdit, env, window, workspace } from "vscode";
import { NAME_PATTERN, RULES_FOLDER, ruleTemplate } from "./ruleTemplate";

const SETTING = `[tool.ml-lsp]\nrules = ["${RULES_FOLDER}/"]\n`;

/** Asks for a name, writes the rule's page and opens it. */
export async function createRule(): Promise<void> {
  const folder = workspace.workspaceFolders?.[0];
  const name = folder && (await window.showInputBox({
    title: "Create a rule of my own",
    prompt: "Family and name; the name says what is wrong.",
    placeHolder: "team/print-in-training-loop",
    validateInput: (text) => (NAME_PATTERN.test(text) ? undefined : "family/name, in lower case, words joined by -"),
  }));
  if (folder === undefined || name === undefined) {
    return;
  }
  const page = Uri.joinPath(folder.uri, RULES_FOLDER, `${name}.yaml`);
  const edit = new WorkspaceEdit();
  edit.createFile(page, { ignoreIfExists: true });
  if (!(await exists(page))) {
    edit.insert(page, new Position(0, 0), ruleTemplate(name));
  }
  await workspace.applyEdit(edit);
  const { document } = await window.showTextDocument(page);
  await document.save();
  await tellSetting();
}

async function exists(uri: Uri): Promise<boolean> {
  try {
    await workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

/** Rules of the workspace are read once its pyproject.toml names their folder. */
async function tellSetting(): Promise<void> {
  const copy = "Copy the Setting";
  const choice = await window.showInformationMessage(
    `Rules in ${RULES_FOLDER}/ are used once pyproject.toml names the folder under [tool.ml-lsp].`,
    copy,
  );
  if (choice === copy) {
    await env.clipboard.writeText(SETTING);
  }
}
