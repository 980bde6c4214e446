// Findings and fixes in the cells of a notebook.
const assert = require("node:assert");
const fs = require("node:fs");
const vscode = require("vscode");
const { actionsAt, haveFindings, inWorkspace, until } = require("./editor");

async function showNotebook(name) {
  const notebook = await vscode.workspace.openNotebookDocument(inWorkspace(name));
  await vscode.window.showNotebookDocument(notebook);
  return notebook;
}

async function change(notebook, edit) {
  const change = new vscode.WorkspaceEdit();
  change.set(notebook.uri, [edit]);
  assert(await vscode.workspace.applyEdit(change));
}

module.exports = {
  async "notebook: a finding in its cell, and its quick fix"() {
    const cell = (await showNotebook("cells.ipynb")).cellAt(2).document;
    const [found] = await haveFindings(cell, 1);
    assert.strictEqual(cell.getText(found.range), "yaml.load");
    assert.strictEqual(found.range.start.character, 10);
    const actions = await actionsAt(cell, found.range, vscode.CodeActionKind.QuickFix.value);
    assert(await vscode.workspace.applyEdit(actions.find(({ isPreferred }) => isPreferred).edit));
    assert.match(cell.getText(), /yaml\.safe_load\(fh\)/);
    await haveFindings(cell, 0);
  },

  async "notebook: a new cell has findings, a deleted one none"() {
    const notebook = await showNotebook("cells.ipynb");
    const data = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, "more = yaml.load(fh)", "python");
    await change(notebook, vscode.NotebookEdit.insertCells(3, [data]));
    const cell = notebook.cellAt(3).document;
    await haveFindings(cell, 1);
    await change(notebook, vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(3, 4)));
    await haveFindings(cell, 0);
  },

  async "notebook: fix on save, and the file on disk"() {
    const notebook = await showNotebook("save.ipynb");
    await haveFindings(notebook.cellAt(2).document, 1);
    const source = () => JSON.parse(fs.readFileSync(notebook.uri.fsPath, "utf8")).cells.map(({ source }) => [source].flat().join(""));
    const fixed = source().map((text) => text.replaceAll("yaml.load(", "yaml.safe_load("));
    await vscode.commands.executeCommand("workbench.action.files.save");
    await until("the notebook fixed on disk", () => JSON.stringify(source()) === JSON.stringify(fixed));
    await haveFindings(notebook.cellAt(2).document, 0);
  },
};
