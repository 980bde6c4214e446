// A folder that is not trusted: nothing in it is run, whatever its settings say.
const assert = require("node:assert");
const fs = require("node:fs");
const vscode = require("vscode");
const { haveFindings, inWorkspace, running, show } = require("../host/editor");

const TESTS = {
  async "a folder that is not trusted gets findings from the bundled server"() {
    assert.strictEqual(vscode.workspace.isTrusted, false);
    await haveFindings(await show("plain.py"), 2);
    assert.strictEqual((await running()).origin, "bundled");
  },

  async "no program of such a folder is run"() {
    await vscode.commands.executeCommand("mlLsp.restart");
    await haveFindings(await show("plain.py"), 2);
    assert(!fs.existsSync(inWorkspace("ran").fsPath));
  },
};

exports.run = async () => {
  for (const [name, test] of Object.entries(TESTS)) {
    await test();
    console.log(`TEST ok - ${name}`);
  }
};
