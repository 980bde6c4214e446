// Which server runs, and what happens when it goes away.
const assert = require("node:assert");
const fs = require("node:fs");
const vscode = require("vscode");
const { extension, haveFindings, inWorkspace, running, show, until, withSetting } = require("./editor");

/** The processes started by this one whose command line holds `words`. */
function children(words) {
  return fs.readdirSync("/proc").filter((id) => /^\d+$/.test(id)).filter((id) => {
    try {
      const parent = fs.readFileSync(`/proc/${id}/stat`, "utf8").split(") ").pop().split(" ")[1];
      return Number(parent) === process.pid && fs.readFileSync(`/proc/${id}/cmdline`, "utf8").includes(words);
    } catch {
      return false; // ended in the meantime
    }
  }).map(Number);
}

module.exports = {
  async "the server that comes with the extension is used when nothing else is there"() {
    const { origin, args } = await running();
    assert.strictEqual(origin, "bundled");
    assert.match(args.join(" "), /bundled\/start\.py/);
  },

  async "a server that is killed comes back"() {
    const document = await show("plain.py");
    await haveFindings(document, 2);
    const [before, ...others] = children("start.py");
    assert.deepStrictEqual(others, []);
    process.kill(before, "SIGKILL");
    await until("another server", () => children("start.py").some((id) => id !== before));
    await running();
    await haveFindings(document, 2);
  },

  async "restart by command"() {
    const [before] = children("start.py");
    await vscode.commands.executeCommand("mlLsp.restart");
    const [after, ...others] = children("start.py");
    assert.notStrictEqual(after, before);
    assert.deepStrictEqual(others, []);
    await haveFindings(await show("plain.py"), 2);
  },

  async "the interpreter of the Python extension is followed"() {
    const python = vscode.extensions.getExtension("ms-python.python").exports;
    const interpreter = inWorkspace(".venv/bin/python").fsPath;
    python.select(interpreter);
    const { args, command } = await running(({ origin }) => origin === "interpreter");
    assert.strictEqual(command, interpreter);
    assert.deepStrictEqual(args, ["-P", "-m", "ml_lsp"]);
    await haveFindings(await show("plain.py"), 2);
    python.select(undefined);
    await running(({ origin }) => origin === "bundled");
  },

  async "the program named in mlLsp.path comes first"() {
    await withSetting("path", "${workspaceFolder}/bin/ml-lsp", async () => {
      const { command } = await running(({ origin }) => origin === "setting");
      assert.strictEqual(command, inWorkspace("bin/ml-lsp").fsPath);
      await haveFindings(await show("plain.py"), 2);
    });
    await running(({ origin }) => origin === "bundled");
  },

  async "a server that ends at once is started again later, and another setting helps at once"() {
    await withSetting("path", "${workspaceFolder}/bin/broken", async () => {
      await until("waiting", () => extension().exports.serverState().kind === "waiting");
    });
    await running(({ origin }) => origin === "bundled");
  },
};
