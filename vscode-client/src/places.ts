/** Where programs may lie, and which of them an untrusted folder must not have run. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** Replaces a leading `~` and `${workspaceFolder}`; the result may still be relative. */
export function expand(setting: string, folder: string | undefined): string {
  const home = setting.replace(/^~(?=$|[\\/])/, () => os.homedir());
  return folder === undefined ? home : home.replaceAll("${workspaceFolder}", () => folder);
}

/**
 * Whether `file` lies in one of `folders` (a folder lies in itself), by its name or by what it links to.
 *
 * Both count: a Python of a virtual environment is a link to one outside, and still runs the code beside the link.
 */
export function isInside(file: string, folders: readonly string[]): boolean {
  const places = [path.resolve(file), path.join(realPath(path.dirname(file)), path.basename(file)), realPath(file)];
  const roots = folders.flatMap((folder) => [path.resolve(folder), realPath(folder)]);
  return roots.some((root) => places.some((place) => lies(place, root)));
}

function lies(place: string, root: string): boolean {
  const relative = path.relative(root, place);
  return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/**
 * Pythons on the search path of the machine, newest first.
 *
 * A relative entry of the path means a folder that depends on where a program is started, so it is left out;
 * so is everything that lies in `folders`.
 */
export function pythonsOnPath(searchPath: string, folders: readonly string[]): string[] {
  const names = ["python3.14", "python3.13", "python3.12", "python3.11", "python3", "python"];
  const suffix = process.platform === "win32" ? ".exe" : "";
  const entries = searchPath.split(path.delimiter).filter((entry) => path.isAbsolute(entry));
  return names
    .flatMap((name) => entries.map((entry) => path.join(entry, name + suffix)))
    .filter((file) => fs.existsSync(file) && !isInside(file, folders));
}

function realPath(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    return path.resolve(file); // Not there: nothing to follow.
  }
}
