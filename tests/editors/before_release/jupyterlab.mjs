// Drives JupyterLab with jupyterlab-lsp in headless Chromium and takes pictures:
//   node jupyterlab.mjs EDITORS PICTURES ml-lsp|pylsp      (ml-lsp must be on PATH)
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, sleep, until } from "../vscode/codeserver.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const [editors, pictures, server] = process.argv.slice(2);
fs.mkdirSync(pictures, { recursive: true });

const base = fs.mkdtempSync(path.join(os.tmpdir(), "ml-lsp-jupyter-"));
const folder = (name) => {
  fs.mkdirSync(path.join(base, name), { recursive: true });
  return path.join(base, name);
};
const workspace = folder("workspace");
fs.copyFileSync(path.join(HERE, "project/explore.ipynb"), path.join(workspace, "explore.ipynb"));
if (server === "ml-lsp") {
  const configuration = path.join(HERE, "../configurations/jupyter_server_config.json");
  fs.copyFileSync(configuration, path.join(folder("config"), "jupyter_server_config.json"));
}
if (server === "pylsp") {
  const settings = path.join(HERE, "../configurations/jupyterlab_pylsp.json");
  fs.copyFileSync(settings, path.join(folder("settings/@jupyter-lsp/jupyterlab-lsp"), "plugin.jupyterlab-settings"));
}
const quiet = folder("settings/@jupyterlab/apputils-extension");
fs.writeFileSync(`${quiet}/notification.jupyterlab-settings`, '{"fetchNews":"false","checkForUpdates":false}');

const port = await freePort();
const token = "token";
const places = { CONFIG: "config", DATA: "data", RUNTIME: "runtime" };
const environment = {
  ...process.env,
  HOME: base,
  IPYTHONDIR: folder("ipython"),
  JUPYTERLAB_SETTINGS_DIR: path.join(base, "settings"),
  JUPYTERLAB_WORKSPACES_DIR: folder("workspaces"),
  ...Object.fromEntries(Object.entries(places).map(([name, place]) => [`JUPYTER_${name}_DIR`, folder(place)])),
};
const lab = spawn(
  path.join(editors, "jupyterlab/bin/jupyter"),
  ["lab", "--no-browser", "--allow-root", "--ip=127.0.0.1", `--port=${port}`, `--ServerApp.root_dir=${workspace}`,
    `--IdentityProvider.token=${token}`],
  { env: environment, cwd: workspace, detached: true, stdio: "ignore" },
);
const sessions = () =>
  new Promise((resolve) => {
    http.get(`http://127.0.0.1:${port}/lsp/status?token=${token}`, (response) => {
      let text = "";
      response.on("data", (part) => (text += part));
      response.on("end", () => resolve(response.statusCode === 200 ? JSON.parse(text).sessions : undefined));
    }).on("error", () => resolve(undefined));
  });

let context;
let failed = false;
try {
  await until("jupyter", sessions, 60_000);
  const { chromium } = createRequire(path.join(editors, "vscode/package.json"))("playwright-core");
  context = await chromium.launchPersistentContext(`${base}/browser`, {
    executablePath: "/usr/bin/chromium", headless: true, viewport: { width: 1200, height: 720 },
    args: ["--headless", "--no-sandbox", "--disable-gpu"], env: { ...process.env, HOME: base },
  });
  const page = context.pages()[0];
  await page.goto(`http://127.0.0.1:${port}/lab/tree/explore.ipynb?token=${token}`);
  await page.waitForSelector(".jp-Notebook .jp-CodeCell .cm-content", { timeout: 60_000 });
  const underlined = page.locator(".jp-Notebook .cm-lintRange", { hasText: "yaml.load" });
  await until("an underlined call", async () => (await underlined.count()) > 0, 60_000);
  const started = Object.entries(await sessions()).filter(([, { status }]) => status === "started").map(([name]) => name);
  if (!started.includes(server)) throw new Error(`${started} was started, not ${server}`);
  await underlined.first().hover();
  await page.waitForSelector('.cm-tooltip:has-text("safe_load")');
  await sleep(500);
  await page.screenshot({ path: path.join(pictures, `jupyterlab-${server}.png`) });
  console.log(`ok - JupyterLab shows findings in a cell, through ${server}`);
} catch (error) {
  failed = true;
  console.log(`not ok - JupyterLab shows findings in a cell, through ${server}\n${error.message}`);
  await context?.pages()[0].screenshot({ path: path.join(pictures, `failed-jupyterlab-${server}.png`) });
}
await context?.close();
process.kill(-lab.pid, "SIGTERM");
await sleep(1000);
fs.rmSync(base, { recursive: true, force: true, maxRetries: 5 });
process.exit(failed ? 1 : 0);
