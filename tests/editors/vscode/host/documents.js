// Findings and fixes in text files.
const assert = require("node:assert");
const fs = require("node:fs");
const vscode = require("vscode");
const { actionsAt, findings, haveFindings, show, until, withSetting } = require("./editor");

const RULE = "yaml/load-without-loader";
const place = ({ range: { start, end } }) => [start.line, start.character, end.line, end.character];

/** Where the two findings are in plain.py and windows.py, in UTF-16 code units. */
const PLACES = [
  [3, 15, 3, 24],
  [4, 13, 4, 22],
];

module.exports = {
  async "ranges after an emoji, an accent and a tab"() {
    const found = await haveFindings(await show("plain.py"), 2);
    assert.deepStrictEqual(found.map(place), PLACES);
    assert.deepStrictEqual([...new Set(found.map(({ code }) => code.value))], [RULE]);
  },

  async "ranges in a file with CRLF"() {
    const document = await show("windows.py");
    assert.deepStrictEqual((await haveFindings(document, 2)).map(place), PLACES);
  },

  async "findings follow the typing"() {
    const document = await show("typing.py");
    await haveFindings(document, 0);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(document.lineCount, 0), "\nsettings = yaml.load(stream)\n");
    await vscode.workspace.applyEdit(edit);
    await haveFindings(document, 1);
    await vscode.commands.executeCommand("undo");
    await haveFindings(document, 0);
  },

  async "quick fix comes first and is preferred"() {
    const document = await show("quickfix.py");
    const [first] = await haveFindings(document, 2);
    const actions = await actionsAt(document, first.range, vscode.CodeActionKind.QuickFix.value);
    assert.strictEqual(actions[0].title, "Use `yaml.safe_load`");
    assert.strictEqual(actions[0].isPreferred, true);
    assert(await vscode.workspace.applyEdit(actions[0].edit));
    assert.match(document.lineAt(first.range.start.line).text, /"🚀": yaml\.safe_load\(fh\)/);
    await haveFindings(document, 1);
  },

  async "fix on save, and the bytes on disk"() {
    for (const name of ["save.py", "save_windows.py"]) {
      const document = await show(name);
      await haveFindings(document, 2);
      const before = fs.readFileSync(document.fileName);
      await vscode.commands.executeCommand("workbench.action.files.save"); // as Ctrl+S: also when nothing changed
      const after = Buffer.from(before.toString("utf8").replaceAll("yaml.load(", "yaml.safe_load("));
      await until(`${name} fixed on disk`, () => fs.readFileSync(document.fileName).equals(after));
      await haveFindings(document, 0);
    }
  },

  async "fix all in file, by command"() {
    const document = await show("command.py");
    await haveFindings(document, 2);
    await vscode.commands.executeCommand("mlLsp.fixFile");
    await haveFindings(document, 0);
    assert.strictEqual(document.getText().match(/yaml\.safe_load\(/g).length, 2);
  },

  async "settings: a rule that is ignored, another severity"() {
    const document = await show("plain.py");
    await haveFindings(document, 2);
    await withSetting("ignore", [RULE], () => haveFindings(document, 0));
    await haveFindings(document, 2);
    await withSetting("severity", { [RULE]: "hint" }, () =>
      until("hints", () => findings(document).every(({ severity }) => severity === vscode.DiagnosticSeverity.Hint)),
    );
    await until("errors again", () => findings(document).every(({ severity }) => severity === vscode.DiagnosticSeverity.Error));
  },
};
