import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { expand, isInside, pythonsOnPath } from "../src/places";

const scratch = mkdtempSync(path.join(os.tmpdir(), "ml-lsp-places-"));
after(() => rmSync(scratch, { recursive: true }));

const [folder, outside] = ["folder", "outside"].map((name) => path.join(scratch, name)) as [string, string];
for (const bin of [path.join(folder, ".venv", "bin"), path.join(outside, "bin")]) {
  mkdirSync(bin, { recursive: true });
}
writeFileSync(path.join(outside, "bin", "python3"), "");
symlinkSync(path.join(outside, "bin", "python3"), path.join(folder, ".venv", "bin", "python3"));
symlinkSync(path.join(folder, ".venv"), path.join(outside, "venv"));

test("a virtual environment's Python is inside, though it links to one outside", () => {
  assert.equal(isInside(path.join(folder, ".venv", "bin", "python3"), [folder]), true);
});

test("a link from outside to a folder inside is inside", () => {
  assert.equal(isInside(path.join(outside, "venv", "bin", "python3"), [folder]), true);
});

test("a neighbour whose name starts alike is outside", () => {
  assert.equal(isInside(`${folder}-2/python`, [folder]), false);
  assert.equal(isInside(path.join(scratch, "..folder"), [scratch]), true);
});

test("only absolute entries of the search path outside the workspace give Pythons", () => {
  const entries = ["", ".", path.join(folder, ".venv", "bin"), path.join(outside, "bin")];
  const found = pythonsOnPath(entries.join(path.delimiter), [folder]);
  assert.deepEqual(found, [path.join(outside, "bin", "python3")]);
});

test("home and workspace folder are written out, whatever signs they hold", () => {
  assert.equal(expand("~/x", undefined), path.join(os.homedir(), "x"));
  assert.equal(expand("${workspaceFolder}/.venv/bin/python", "/a$&b"), "/a$&b/.venv/bin/python");
  assert.equal(expand("a~/x", undefined), "a~/x");
});
