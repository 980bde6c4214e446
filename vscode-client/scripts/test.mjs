// Bundles the unit tests and runs them with the test runner of Node.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { build } from "esbuild";

const tests = readdirSync("test").filter((name) => name.endsWith(".test.ts")).map((name) => path.join("test", name));
const outdir = mkdtempSync(path.join(os.tmpdir(), "ml-lsp-unit-"));
try {
  await build({ entryPoints: tests, outdir, bundle: true, format: "cjs", platform: "node", external: ["vscode"] });
  execFileSync(process.execPath, ["--test", ...readdirSync(outdir).map((name) => path.join(outdir, name))], {
    stdio: "inherit",
  });
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
