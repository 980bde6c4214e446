// Runs tests inside VS Code's extension host:
//   node host.mjs EDITOR VSIX WORKSPACE TESTS [untrusted]
// TESTS is a folder with package.json and index.js; what its tests print comes out here; exit code 0 if all passed.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { sleep, start } from "./codeserver.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const [editor, vsix, workspace, tests, trust] = process.argv.slice(2);
const WITHIN_MS = 180_000;

let finish;
const finished = new Promise((resolve) => (finish = resolve));
const editorSession = await start({
  editor,
  workspace,
  extensions: vsix.split(","),
  trustAll: trust !== "untrusted",
  settings: {
    "security.workspace.trust.startupPrompt": "never",
    "editor.codeActionsOnSave": { "source.fixAll.ml-lsp": "explicit" },
    "notebook.codeActionsOnSave": { "source.fixAll.ml-lsp": "explicit" },
  },
  arguments: ["--vscode-option", "enable-smoke-test-driver"],
  payload: (port) => {
    const remote = `vscode-remote://127.0.0.1:${port}${path.resolve(HERE, tests)}`;
    return [["extensionDevelopmentPath", remote], ["extensionTestsPath", `${remote}/index.js`], ["skipWelcome", "true"]];
  },
  beforeOpen: async (page) => {
    await page.exposeFunction("codeAutomationLog", (_type, words) => {
      const line = words.join(" ");
      if (line.startsWith("TEST ")) console.log(line.slice("TEST ".length));
    });
    await page.exposeFunction("codeAutomationExit", (code) => finish(code));
  },
});
const code = await Promise.race([finished, sleep(WITHIN_MS).then(() => "no answer in time")]);
if (code !== 0) console.error(`extension host: ${code}`);
await editorSession.stop();
process.exit(code === 0 ? 0 : 1);
