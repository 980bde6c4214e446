// The pages of rules inside the editor.
const assert = require("node:assert");
const vscode = require("vscode");
const { haveFindings, show, until } = require("./editor");

const RULE = "yaml/load-without-loader";
const previews = () =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputCustom && input.viewType.includes("markdown.preview"))
    .map(({ input }) => input.uri.path);

module.exports = {
  async "the code of a finding links to the page of its rule"() {
    const [{ code }] = await haveFindings(await show("plain.py"), 2);
    // As a click does: the editor runs no commands from there.
    await vscode.commands.executeCommand("vscode.open", code.target);
    await until("the preview of the page", () => previews().some((path) => path === `/rules/${RULE}.md`));
  },

  async "the page says what the server says"() {
    const page = await vscode.workspace.openTextDocument(vscode.Uri.parse(`ml-lsp:/rules/${RULE}.md`));
    assert.match(page.getText(), /^# /);
    assert.match(page.getText(), /safe_load/);
    const none = await vscode.workspace.openTextDocument(vscode.Uri.parse("ml-lsp:/rules/no/such-rule.md"));
    assert.match(none.getText(), /knows no rule of this name/);
  },

  async "a hover explains and links to the page"() {
    const document = await show("plain.py");
    const [{ range }] = await haveFindings(document, 2);
    const hovers = await vscode.commands.executeCommand("vscode.executeHoverProvider", document.uri, range.start);
    const text = hovers.flatMap(({ contents }) => contents).map(({ value }) => value).join("\n");
    assert.match(text, /safe_load/);
    assert.match(text, /command:mlLsp\.openRulePage/);
  },
};
