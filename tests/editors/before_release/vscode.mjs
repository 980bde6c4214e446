// Drives VS Code by mouse and keyboard, as a person would, and takes pictures:
//   node vscode.mjs EDITOR VSIX PICTURES
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { sleep, start, until } from "../vscode/codeserver.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const [editor, vsix, pictures] = process.argv.slice(2);
fs.mkdirSync(pictures, { recursive: true });

const workspace = fs.mkdtempSync(path.join(os.tmpdir(), "ml-lsp-project-"));
for (const name of ["train.py", "explore.ipynb"]) fs.copyFileSync(path.join(HERE, "project", name), path.join(workspace, name));

const session = await start({
  editor,
  workspace,
  extensions: [vsix],
  viewport: { width: 1200, height: 720 },
  settings: {
    "editor.codeActionsOnSave": { "source.fixAll.ml-lsp": "explicit" },
    "notebook.codeActionsOnSave": { "source.fixAll.ml-lsp": "explicit" },
    "editor.minimap.enabled": false,
    "window.commandCenter": false,
    "editor.fontSize": 14,
    "workbench.colorTheme": "Default Light Modern",
    "breadcrumbs.enabled": false,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
  },
});
const { page } = session;
const onDisk = (name) => fs.readFileSync(path.join(workspace, name), "utf8");
const squiggles = () => page.locator(".squiggly-error, .squiggly-warning, .squiggly-info").count();
/** What the status item says: the number of findings in the file in front. */
const count = async () => Number((await page.locator('.statusbar-item:has-text("ml-lsp")').first().innerText()).match(/\d+/)?.[0] ?? 0);
let all = 0; // findings of train.py as it is at first
const picture = (name) => page.screenshot({ path: path.join(pictures, `${name}.png`) });

/** Types into a quick input once it really has the focus, and accepts. A preview that is still drawn swallows keys. */
async function quick(key, text, list = true) {
  const focused = () => page.evaluate(() => Boolean(document.activeElement?.closest(".quick-input-widget")));
  for (let tries = 0; !(await focused()); tries += 1) {
    if (tries === 10) throw new Error(`${key} opened nothing`);
    await page.keyboard.press(key);
    await sleep(1000);
  }
  await page.keyboard.type(text, { delay: 5 });
  if (list) await page.waitForSelector(`.quick-input-list .monaco-list-row.focused:has-text("${text}")`);
  await sleep(200);
  await page.keyboard.press("Enter");
}

async function open(name) {
  await quick("Control+P", name);
  await page.waitForSelector(`.tab.active[data-resource-name="${name}"]`);
}

async function goTo(line, column) {
  await quick("Control+G", `${line}:${column}`, false);
  await page.waitForSelector(`.statusbar-item:has-text("Ln ${line}, Col ${column}")`);
}

const steps = {
  async "findings are underlined, the status item counts them"() {
    await open("train.py");
    await until("squiggles", async () => (await squiggles()) >= 2, 60_000);
    await until("the count", async () => (await count()) === (await squiggles()));
    all = await count();
    await picture("1-findings");
  },

  async "a hover explains and leads to the rule page"() {
    await page.locator(".view-line", { hasText: "yaml.load" }).locator("span span", { hasText: "load" }).first().hover();
    await page.waitForSelector(".monaco-hover:visible >> text=Open the page of");
    await sleep(500);
    await picture("2-hover");
    await page.locator('.monaco-hover:visible a:has-text("Open the page of")').first().click();
    await page.waitForSelector('.tab:has-text("load-without-loader")');
    await page.mouse.move(900, 650);
    await sleep(2500); // the preview draws itself in a frame of its own
    await picture("3-rule-page");
    await quick("F1", "View: Close All Editors");
  },

  async "the code link of a finding opens the rule page"() {
    await open("train.py");
    await page.locator(".view-line", { hasText: "yaml.load" }).locator("span span", { hasText: "load" }).first().hover();
    await sleep(800); // the hover grows when the server's part comes
    await page.locator('.monaco-hover:visible a.code-link').first().click();
    await page.waitForSelector('.tab:has-text("load-without-loader")');
    await quick("F1", "View: Close All Editors");
  },

  async "the quick fixes, the fix first"() {
    await open("train.py");
    await goTo(9, 27);
    await page.keyboard.press("Control+.");
    await page.waitForSelector(".action-widget .monaco-list-row");
    await sleep(500);
    await picture("4-quick-fixes");
    await page.keyboard.press("Enter");
    await page.waitForSelector('.view-line:has-text("safe_load")');
    await until("the finding gone", async () => (await count()) === all - 1);
  },

  async "fix on save, on disk"() {
    await page.keyboard.press("Control+Z");
    await until("the finding back", async () => (await count()) === all);
    await page.keyboard.press("Control+S");
    await until("fixed on disk", () => onDisk("train.py").includes("yaml.safe_load(stream)  # 🚀"));
    await picture("5-fixed-on-save");
  },

  async "notebook: a finding in its cell, fixed on save"() {
    await open("explore.ipynb");
    await until("squiggle in a cell", async () => (await page.locator(".notebookOverlay .squiggly-error").count()) >= 1, 40_000);
    await sleep(500);
    await picture("6-notebook");
    await page.locator(".notebookOverlay .view-line").first().click();
    await page.keyboard.press("Control+S");
    await until("fixed on disk", () => onDisk("explore.ipynb").includes("yaml.safe_load"));
  },

  async "review of the workspace"() {
    await quick("F1", "ml-lsp: Review Workspace");
    await page.waitForSelector('.tab:has-text("review")', { timeout: 40_000 });
    await sleep(2500);
    await picture("7-review");
  },

  async "profile"() {
    await page.locator('.statusbar-item:has-text("ml-lsp")').first().click();
    await page.waitForSelector(".quick-input-list .monaco-list-row");
    await sleep(400);
    await picture("8-profile");
    await page.keyboard.press("Escape");
  },

  async "walkthrough"() {
    await quick("F1", "Welcome: Open Walkthrough");
    await page.waitForFunction(() => document.activeElement?.closest(".quick-input-widget"));
    await page.keyboard.type("ml-lsp", { delay: 5 });
    await sleep(500);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".getting-started-step, .gettingStartedContainer", { timeout: 15_000 });
    await sleep(1500);
    await picture("9-walkthrough");
  },

  async "a rule of my own"() {
    await quick("F1", "ml-lsp: Create a Rule");
    await page.locator('.quick-input-widget input[placeholder="team/print-in-training-loop"]').focus();
    await page.keyboard.type("team/no-print", { delay: 5 });
    await page.keyboard.press("Enter");
    await page.waitForSelector('.tab.active[data-resource-name="no-print.yaml"]');
    await sleep(500);
    await picture("10-own-rule");
  },

  async "fix all in workspace shows a preview first"() {
    fs.copyFileSync(path.join(HERE, "project/train.py"), path.join(workspace, "train.py"));
    await sleep(1000);
    await quick("F1", "ml-lsp: Fix All in Workspace");
    await page.waitForSelector("text=Refactor Preview", { timeout: 60_000 });
    await sleep(1500);
    await picture("11-fix-workspace");
    await page.locator('.monaco-text-button:has-text("Apply")').first().click();
    await page.waitForSelector('.tab.dirty[data-resource-name="train.py"]'); // of several files, all are saved
  },

  async "explain rule lists all rules, those with findings first"() {
    await open("train.py");
    await until("findings", async () => (await count()) > 0);
    await quick("F1", "ml-lsp: Explain Rule");
    await page.waitForSelector('.quick-input-list .monaco-list-row:has-text("With findings now")');
    await sleep(400);
    await picture("12-explain-rule");
    await page.keyboard.type("ray/get-in-loop", { delay: 5 });
    await page.waitForSelector('.quick-input-list .monaco-list-row.focused:has-text("ray/get-in-loop")');
    await page.keyboard.press("Enter");
    await page.waitForSelector('.tab:has-text("get-in-loop")');
  },
};

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    console.log(`ok - ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok - ${name}\n${error.message}`);
    await picture(`failed-${name.replace(/\W+/g, "-")}`);
    await page.keyboard.press("Escape");
  }
}
await session.stop();
fs.rmSync(workspace, { recursive: true });
process.exit(failed ? 1 : 0);
