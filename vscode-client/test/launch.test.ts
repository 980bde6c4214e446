import assert from "node:assert/strict";
import { test } from "node:test";
import { findLaunch, isMissing, type Places, type Probe } from "../src/launch";

const PLACES: Places = { program: "", interpreter: "/env/python", bundled: "/ext/bundled", pythons: ["/usr/python"] };

/** A machine with these files, Pythons and bundled versions. */
function machine(has: {
  files?: string[];
  servers?: string[];
  pythons?: Record<string, string>;
  bundled?: string[];
}): Probe {
  return {
    isFile: async (file) => has.files?.includes(file) ?? false,
    serverVersion: async (python) => (has.servers?.includes(python) ? "0.1.0" : undefined),
    pythonVersion: async (python) => has.pythons?.[python],
    bundledVersions: async () => has.bundled ?? [],
  };
}

async function search(places: Partial<Places>, probe: Probe): Promise<[string, string[]]> {
  const warnings: string[] = [];
  const found = await findLaunch({ ...PLACES, ...places }, probe, (message) => warnings.push(message));
  return [isMissing(found) ? found.reason : [found.origin, found.command, ...found.args].join(" "), warnings];
}

const BUNDLE = { bundled: ["3.11", "3.12"], pythons: { "/env/python": "3.12", "/usr/python": "3.11" } };

test("the program of the setting comes first", async () => {
  const probe = machine({ ...BUNDLE, files: ["/opt/ml-lsp"], servers: ["/env/python"] });
  assert.deepEqual(await search({ program: "/opt/ml-lsp" }, probe), ["setting /opt/ml-lsp", []]);
});

test("a setting that leads nowhere is said, and the search goes on", async () => {
  const [found, warnings] = await search({ program: "/gone" }, machine({ servers: ["/env/python"] }));
  assert.equal(found, "interpreter /env/python -P -m ml_lsp");
  assert.match(warnings.join(), /\/gone, which is not there/);
});

test("the bundled server runs on the project's Python if that has no ml-lsp", async () => {
  assert.deepEqual(await search({}, machine(BUNDLE)), ["bundled /env/python -P /ext/bundled/start.py", []]);
});

test("the bundled server runs on another Python if the project's is too old", async () => {
  const probe = machine({ ...BUNDLE, pythons: { "/env/python": "3.8", "/usr/python": "3.11" } });
  assert.deepEqual(await search({}, probe), ["bundled /usr/python -P /ext/bundled/start.py", []]);
});

test("without a Python that fits, the reason names the versions that do", async () => {
  const [reason] = await search({ interpreter: undefined }, machine({ bundled: ["3.11", "3.12"] }));
  assert.equal(reason, "ml-lsp needs Python 3.11, 3.12 to run: install one, or name it in mlLsp.interpreter.");
});

test("without a bundled server, the reason names the command to run", async () => {
  const [reason] = await search({}, machine({}));
  assert.match(reason, /pip install ml-lsp/);
});
