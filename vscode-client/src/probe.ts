/** Asks the machine what `launch` wants to know. Only absolute paths are run, and never a shell. */

import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Probe } from "./launch";

const ANSWER_WITHIN_MS = 10_000;

const SERVER_VERSION = "import ml_lsp, ml_lsp.cli; print(ml_lsp.__version__)";
// Compiled packages are per version of CPython, and its free-threaded build needs others.
const PYTHON_VERSION =
  "import sys, sysconfig; gil = not sysconfig.get_config_var('Py_GIL_DISABLED');" +
  "print('%d.%d' % sys.version_info[:2] if gil and sys.implementation.name == 'cpython' else 'other')";

/** The probe of this machine; programs run in `cwd`, which must not be a folder of the workspace. */
export function machineProbe(cwd: string): Probe {
  return {
    isFile,
    serverVersion: (python) => ask(python, ["-P", "-c", SERVER_VERSION], cwd),
    pythonVersion: (python) => ask(python, ["-I", "-c", PYTHON_VERSION], cwd),
    bundledVersions,
  };
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await fs.stat(file)).isFile();
  } catch {
    return false;
  }
}

async function bundledVersions(folder: string): Promise<readonly string[]> {
  try {
    const versions: unknown = JSON.parse(await fs.readFile(path.join(folder, "pythons.json"), "utf8"));
    return Array.isArray(versions) ? versions.filter((item) => typeof item === "string") : [];
  } catch {
    return []; // The extension was packed without a server.
  }
}

/** The first line a program prints, or undefined if it fails in any way. */
function ask(program: string, args: readonly string[], cwd: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, [...args], { cwd, timeout: ANSWER_WITHIN_MS, windowsHide: true }, (error, stdout) => {
      resolve(error ? undefined : stdout.trim().split(/\r?\n/)[0] || undefined);
    });
  });
}
