// Starts VS Code (code-server) with folders of its own, installs a .vsix, and opens it in headless Chromium.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";

const CHROMIUM = "/usr/bin/chromium";
const QUIET_BROWSER = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update",
];
const QUIET_EDITOR = {
  "telemetry.telemetryLevel": "off",
  "workbench.startupEditor": "none",
  "workbench.enableExperiments": false,
  "workbench.tips.enabled": false,
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "chat.disableAIFeatures": true,
  "update.showReleaseNotes": false,
  "files.autoSave": "off", // in a browser it is on, and files would change on disk by themselves
  "git.openRepositoryInParentFolders": "never",
};

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks again and again until `question` gives something true. */
export async function until(what, question, ms = 30_000) {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
    await sleep(100);
  }
}

/**
 * @param editor    folder made by tests/editors/install
 * @param extensions .vsix files, or folders of extensions
 * @param settings  of the user;  machineSettings: those whose scope is the machine
 * @param beforeOpen called with the page before it loads; payload(port) goes into the address
 */
export async function start({
  editor, extensions, workspace, settings = {}, machineSettings = {}, env = {}, arguments: extra = [], payload,
  beforeOpen, viewport = { width: 1280, height: 800 }, trustAll = true,
}) {
  const base = fs.mkdtempSync(path.join(os.tmpdir(), "ml-lsp-vscode-"));
  writeSettings(base, { "security.workspace.trust.enabled": !trustAll, ...QUIET_EDITOR, ...settings }, machineSettings);
  const program = path.join(editor, "node");
  const entry = path.join(editor, "node_modules/code-server/out/node/entry.js");
  const folders = ["--config", `${base}/config.yaml`, "--user-data-dir", `${base}/data`, "--extensions-dir", `${base}/ext`];
  const environment = {
    ...process.env, ...env, HOME: base, XDG_DATA_HOME: `${base}/share`, XDG_CONFIG_HOME: `${base}/config`,
    EXTENSIONS_GALLERY: '{"serviceUrl":"http://127.0.0.1:9/"}', // no look-ups in a marketplace
  };
  delete environment.VSCODE_IPC_HOOK_CLI;
  for (const extension of extensions) {
    const done = spawnSync(program, [entry, ...folders, "--install-extension", extension], { env: environment, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`cannot install ${extension}: ${done.stdout}${done.stderr}`);
  }
  const port = await freePort();
  const server = spawn(
    program,
    [entry, ...folders, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check",
      ...(trustAll ? ["--disable-workspace-trust"] : []), "--disable-getting-started-override", "--disable-proxy",
      "--ignore-last-opened", ...extra],
    { env: environment, detached: true, stdio: ["ignore", ...["out", "err"].map((name) => fs.openSync(`${base}/server.${name}`, "w"))] },
  );
  let context;
  const stop = async () => {
    await context?.close().catch(() => {});
    killGroup(server.pid, "SIGTERM");
    await sleep(300);
    killGroup(server.pid, "SIGKILL");
    fs.rmSync(base, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await until("code-server", async () => (await status(`http://127.0.0.1:${port}/healthz`)) === 200);
    const { chromium } = createRequire(path.join(editor, "package.json"))("playwright-core");
    context = await chromium.launchPersistentContext(`${base}/browser`, {
      executablePath: CHROMIUM, headless: true, viewport, args: QUIET_BROWSER, env: { ...process.env, HOME: base },
    });
    await context.route((url) => url.hostname !== "127.0.0.1" && url.protocol.startsWith("http"), (route) => route.abort());
    const page = context.pages()[0];
    await beforeOpen?.(page);
    const query = payload ? `&payload=${encodeURIComponent(JSON.stringify(payload(port)))}` : "";
    await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}${query}`);
    await page.waitForSelector(".monaco-workbench .part.statusbar", { timeout: 60_000 });
    return { page, base, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Settings of scope machine are read from Machine/settings.json alone. */
function writeSettings(base, settings, machineSettings) {
  for (const [folder, content] of [["User", settings], ["Machine", machineSettings]]) {
    fs.mkdirSync(`${base}/data/${folder}`, { recursive: true });
    fs.writeFileSync(`${base}/data/${folder}/settings.json`, JSON.stringify(content, null, 2));
  }
  fs.mkdirSync(`${base}/ext`);
  fs.writeFileSync(`${base}/config.yaml`, "auth: none\n");
}

/** A port that nobody listens on. */
export function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function status(url) {
  return new Promise((resolve) => {
    http.get(url, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", () => resolve(0));
  });
}

function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // already gone
  }
}
