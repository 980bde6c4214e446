/** Which program is started as the server: decided from what is there, free of the editor's API. */

import * as path from "node:path";

export type Origin = "setting" | "interpreter" | "bundled";

/** A command line that, with `server` added, starts the language server on stdin and stdout. */
export interface Launch {
  readonly origin: Origin;
  readonly command: string;
  readonly args: readonly string[];
}

/** No server can be started; `reason` is one sentence for the person. */
export interface NoLaunch {
  readonly reason: string;
}

/** Where to look, best first. Paths are absolute. */
export interface Places {
  /** The setting `mlLsp.path`; empty if not set. */
  readonly program: string;
  /** The Python of the project; undefined if unknown or not to be run. */
  readonly interpreter: string | undefined;
  /** The folder of the server that comes with the extension. */
  readonly bundled: string;
  /** Pythons that may run the bundled server. */
  readonly pythons: readonly string[];
}

/** Questions about the machine; each answers quickly and never throws. */
export interface Probe {
  isFile(file: string): Promise<boolean>;
  /** The version of ml-lsp that `python` has, or undefined. */
  serverVersion(python: string): Promise<string | undefined>;
  /** "3.12" and the like, or undefined if `python` does not run. */
  pythonVersion(python: string): Promise<string | undefined>;
  /** The Python versions that the bundled server has packages for; empty if there is no bundled server. */
  bundledVersions(folder: string): Promise<readonly string[]>;
}

/** Without -P, Python would import modules of the folder it is started in. */
const SAFE_PATH = "-P";

/** The server to start, or why there is none; `warn` hears of a setting that leads nowhere. */
export async function findLaunch(
  places: Places,
  probe: Probe,
  warn: (message: string) => void,
): Promise<Launch | NoLaunch> {
  return (
    (await fromSetting(places.program, probe, warn)) ??
    (await fromInterpreter(places.interpreter, probe)) ??
    (await fromBundle(places, probe))
  );
}

async function fromSetting(
  program: string,
  probe: Probe,
  warn: (message: string) => void,
): Promise<Launch | undefined> {
  if (program === "") {
    return undefined;
  }
  if (await probe.isFile(program)) {
    return { origin: "setting", command: program, args: [] };
  }
  warn(`The setting mlLsp.path names ${program}, which is not there; another server is used.`);
  return undefined;
}

async function fromInterpreter(python: string | undefined, probe: Probe): Promise<Launch | undefined> {
  if (python === undefined || (await probe.serverVersion(python)) === undefined) {
    return undefined;
  }
  return { origin: "interpreter", command: python, args: [SAFE_PATH, "-m", "ml_lsp"] };
}

async function fromBundle(places: Places, probe: Probe): Promise<Launch | NoLaunch> {
  const versions = await probe.bundledVersions(places.bundled);
  if (versions.length === 0) {
    return { reason: "ml-lsp is not installed: run `pip install ml-lsp` in the Python of your project." };
  }
  const candidates = places.interpreter === undefined ? places.pythons : [places.interpreter, ...places.pythons];
  for (const python of candidates) {
    const version = await probe.pythonVersion(python);
    if (version !== undefined && versions.includes(version)) {
      return { origin: "bundled", command: python, args: [SAFE_PATH, path.join(places.bundled, "start.py")] };
    }
  }
  return { reason: `ml-lsp needs Python ${versions.join(", ")} to run: install one, or name it in mlLsp.interpreter.` };
}

/** Whether a search ended without a server. */
export function isMissing(found: Launch | NoLaunch): found is NoLaunch {
  return "reason" in found;
}
