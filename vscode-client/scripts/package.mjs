// Packs the extension for one target, with the server and its Python packages inside:
//   npm run package -- --target linux-x64 [--out FILE]     one .vsix
//   npm run package -- --target all                        one for each target, into out/
// $PYTHON (default python3) must have pip; the server comes from the folder above this one.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const TARGETS = [
  "linux-x64", "linux-arm64", "alpine-x64", "alpine-arm64",
  "darwin-x64", "darwin-arm64", "win32-x64", "win32-arm64",
];

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const { values } = parseArgs({ options: { target: { type: "string" }, out: { type: "string" } } });
const targets = values.target === "all" ? TARGETS : [values.target];
if (!targets.every((target) => TARGETS.includes(target))) {
  console.error(`--target must be one of: ${TARGETS.join(", ")}, all`);
  process.exit(2);
}

run(process.execPath, ["scripts/build.mjs"]);
mkdirSync(path.join(root, "out"), { recursive: true });
for (const target of targets) {
  run(process.env.PYTHON ?? "python3", ["scripts/bundle_server.py", target]);
  const out = path.resolve(values.out ?? path.join(root, "out", `ml-lsp-${target}.vsix`));
  // vsce would look for secrets in every file of the Python packages, which takes minutes; .vscodeignore names
  // the few files of our own that are packed.
  const noScan = ["--allow-package-all-secrets", "--allow-package-env-file"];
  const noRepository = ["--allow-missing-repository", "--no-rewrite-relative-links"];
  const vsce = path.join(root, "node_modules", "@vscode", "vsce", "vsce");
  const options = ["--no-dependencies", ...noScan, ...noRepository, "--target", target, "--out", out];
  run(process.execPath, [vsce, "package", ...options]);
}

function run(program, args) {
  execFileSync(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
}
