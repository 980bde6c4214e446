// What the tests ask VS Code for.
const vscode = require("vscode");

/** Asks again and again until `question` gives something true. */
async function until(what, question, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const inWorkspace = (name) => vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, name);

async function show(name) {
  const document = await vscode.workspace.openTextDocument(inWorkspace(name));
  await vscode.window.showTextDocument(document);
  return document;
}

const findings = ({ uri }) => vscode.languages.getDiagnostics(uri).filter(({ source }) => source === "ml-lsp");

const haveFindings = (document, count) =>
  until(`${count} findings in ${document.uri.path}`, () => findings(document).length === count && [findings(document)]).then(
    ([found]) => found,
  );

const actionsAt = (document, range, kind) =>
  vscode.commands.executeCommand("vscode.executeCodeActionProvider", document.uri, range, kind, 10);

const extension = () => vscode.extensions.getExtension("ml-lsp.ml-lsp");

/** Waits until a server runs that `fits` and returns its launch. */
const running = (fits = () => true) =>
  until("a running server", () => {
    const state = extension().exports.serverState();
    return state.kind === "running" && fits(state.launch) && state.launch;
  });

/** Sets a setting of the workspace for the time of `act`. */
async function withSetting(name, value, act) {
  const set = (to) =>
    vscode.workspace.getConfiguration("mlLsp").update(name, to, vscode.ConfigurationTarget.Workspace);
  await set(value);
  try {
    await act();
  } finally {
    await set(undefined);
  }
}

module.exports = { actionsAt, extension, findings, haveFindings, inWorkspace, running, show, until, withSetting };
