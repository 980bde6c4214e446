/** Starts the server when the extension is activated and wires everything else to it. */

import { window, workspace, type ExtensionContext } from "vscode";
import { registerCommands } from "./commands";
import { SelectedInterpreter } from "./interpreter";
import { PAGES, Pages } from "./rulePages";
import { ask } from "./serverCommands";
import { changesLaunch } from "./settings";
import { showStatus } from "./status";
import { Supervisor, type ServerState } from "./supervisor";

/** What other extensions, and the tests, may ask this one. */
export interface Api {
  /** What the server is doing now. */
  serverState(): ServerState;
}

let supervisor: Supervisor | undefined;

export async function activate(context: ExtensionContext): Promise<Api> {
  const output = window.createOutputChannel("ml-lsp", { log: true });
  const selected = new SelectedInterpreter();
  const server = new Supervisor(context.extensionPath, output, selected);
  const pages = new Pages((rule) => ask<string>(server, "ml-lsp.explainRule", rule));
  supervisor = server;
  context.subscriptions.push(
    output,
    selected,
    server,
    pages,
    workspace.registerTextDocumentContentProvider(PAGES, pages),
    ...registerCommands(server, pages, output),
    ...showStatus(server),
    selected.onDidChange(() => void server.restart()),
    workspace.onDidGrantWorkspaceTrust(() => void server.restart()),
    workspace.onDidChangeConfiguration((change) => (changesLaunch(change) ? void server.restart() : undefined)),
  );
  await server.restart();
  return { serverState: () => server.state };
}

export async function deactivate(): Promise<void> {
  await supervisor?.stop();
}
