/** The settings under `mlLsp`, as this extension needs them and as the server is told them. */

import * as path from "node:path";
import { workspace, type ConfigurationChangeEvent, type ConfigurationScope, type WorkspaceConfiguration } from "vscode";
import { expand, isInside } from "./places";

export const SECTION = "mlLsp";

/** What the server gets, in `initializationOptions` and as the answer to `workspace/configuration`. */
export interface ServerSettings {
  /** Null where nobody chose one here, so that the workspace's settings file may. */
  readonly profile: string | null;
  readonly select: readonly string[];
  readonly ignore: readonly string[];
  readonly severity: Readonly<Record<string, string>>;
  readonly run: string;
  /** Absolute path of the Python whose packages may be read, or null for the server's own choice. */
  readonly interpreter: string | null;
  readonly trustWorkspaceInterpreter: boolean;
}

/** The settings that hold for `scope`; `interpreter` is the Python that the editor knows of. */
export function serverSettings(interpreter: string | undefined, scope?: ConfigurationScope): ServerSettings {
  const settings = workspace.getConfiguration(SECTION, scope);
  return {
    profile: chosen(settings, "profile") ?? null,
    select: settings.get("select", []),
    ignore: settings.get("ignore", []),
    severity: settings.get("severity", {}),
    run: settings.get("run", "onType"),
    interpreter: interpreter ?? null,
    trustWorkspaceInterpreter: workspace.isTrusted && settings.get("trustWorkspaceInterpreter", true),
  };
}

/** A setting that somebody wrote down; undefined where only the default holds. */
function chosen(settings: WorkspaceConfiguration, key: string): string | undefined {
  const said = settings.inspect<string>(key);
  return said?.workspaceFolderValue ?? said?.workspaceValue ?? said?.globalValue;
}

/** The setting `mlLsp.path` as an absolute path; empty if not set or not to be run. */
export function programSetting(): string {
  return runnable("path") ?? "";
}

/** The setting `mlLsp.interpreter` as an absolute path; undefined if not set or not to be run. */
export function interpreterSetting(): string | undefined {
  return runnable("interpreter");
}

/** The folders of the workspace, as paths. */
export function workspaceFolders(): string[] {
  return (workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
}

/** Whether the change asks for another server process. */
export function changesLaunch(change: ConfigurationChangeEvent): boolean {
  return ["path", "interpreter", "trustWorkspaceInterpreter"].some((name) =>
    change.affectsConfiguration(`${SECTION}.${name}`),
  );
}

/** A setting that names a program; in a folder that is not trusted, none that lies in it. */
function runnable(name: string): string | undefined {
  const folders = workspaceFolders();
  const expanded = expand(workspace.getConfiguration(SECTION).get(name, "").trim(), folders[0]);
  if (expanded === "") {
    return undefined;
  }
  const file = path.resolve(folders[0] ?? "/", expanded);
  return workspace.isTrusted || !isInside(file, folders) ? file : undefined;
}
