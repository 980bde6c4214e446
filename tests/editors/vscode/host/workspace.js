// What is done to the whole workspace; last, as it repairs what the other tests are about.
const assert = require("node:assert");
const fs = require("node:fs");
const vscode = require("vscode");
const { haveFindings, inWorkspace, show, until } = require("./editor");

const RULE = "yaml/load-without-loader";
const onDisk = (name) => fs.readFileSync(inWorkspace(name).fsPath, "utf8");
const rulePages = () =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputCustom && input.uri.path.startsWith("/rules/"));

module.exports = {
  async "explain rule offers the rules that have findings first"() {
    await haveFindings(await show("plain.py"), 2);
    await vscode.window.tabGroups.close(rulePages());
    const done = vscode.commands.executeCommand("mlLsp.explainRule");
    await until("the page of the rule that was chosen", async () => {
      await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
      return rulePages().some(({ input }) => input.uri.path === `/rules/${RULE}.md`);
    });
    await done;
  },

  async "fix all in workspace asks once, makes all fixes and leaves out what git ignores"() {
    const plain = await show("plain.py");
    await haveFindings(plain, 2);
    const before = { ignored: onDisk("made/ignored.py"), closed: onDisk("inner/closed.py") };
    const done = vscode.commands.executeCommand("mlLsp.fixWorkspace");
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    assert.match(plain.getText(), /yaml\.load\(/); // nothing is done before the person says so
    await until("all fixes made", async () => {
      await vscode.commands.executeCommand("refactorPreview.apply");
      return !/yaml\.load\(/.test(plain.getText());
    });
    await done;
    await until("the closed file fixed on disk", () => !/yaml\.load\(/.test(onDisk("inner/closed.py")));
    assert.strictEqual(onDisk("inner/closed.py"), before.closed.replaceAll("yaml.load(", "yaml.safe_load("));
    assert.strictEqual(onDisk("made/ignored.py"), before.ignored);
    await haveFindings(plain, 0);
  },
};
