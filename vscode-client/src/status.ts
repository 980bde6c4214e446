/** The item in the status bar: what the server does, and how many findings the file has. */

import {
  MarkdownString,
  StatusBarAlignment,
  ThemeColor,
  languages,
  window,
  workspace,
  type Disposable,
  type StatusBarItem,
  type Uri,
} from "vscode";
import { currentProfile } from "./profile";
import { SOURCE } from "./ruleLinks";
import type { ServerState, Supervisor } from "./supervisor";

const ORIGINS = {
  setting: "named in mlLsp.path",
  interpreter: "of the project's Python",
  bundled: "that comes with the extension",
};

/** Shows the item and keeps it true until it is disposed. */
export function showStatus(supervisor: Supervisor): Disposable[] {
  const item = window.createStatusBarItem("mlLsp.status", StatusBarAlignment.Right, 100);
  item.name = "ml-lsp";
  item.command = "mlLsp.selectProfile";
  const update = (): void => draw(item, supervisor.state);
  update();
  item.show();
  return [
    item,
    supervisor.onDidChangeState(update),
    languages.onDidChangeDiagnostics(update),
    window.onDidChangeActiveTextEditor(update),
    window.onDidChangeActiveNotebookEditor(update),
    workspace.onDidChangeConfiguration(update),
  ];
}

function draw(item: StatusBarItem, state: ServerState): void {
  const problem = state.kind === "stopped" || state.kind === "waiting";
  item.text = text(state);
  item.tooltip = tooltip(state);
  item.backgroundColor = problem ? new ThemeColor("statusBarItem.warningBackground") : undefined;
}

function text(state: ServerState): string {
  switch (state.kind) {
    case "starting":
      return "$(loading~spin) ml-lsp";
    case "running":
      return `$(beaker) ml-lsp ${countFindings()}`.trimEnd();
    default:
      return "$(warning) ml-lsp";
  }
}

function tooltip(state: ServerState): MarkdownString {
  const links = "[Restart](command:mlLsp.restart) · [Output](command:mlLsp.showOutput)";
  const lines = [describe(state), `Profile: **${currentProfile()}** (click to change)`, links];
  const markdown = new MarkdownString(lines.join("\n\n"));
  markdown.isTrusted = { enabledCommands: ["mlLsp.restart", "mlLsp.showOutput"] };
  return markdown;
}

function describe(state: ServerState): string {
  switch (state.kind) {
    case "starting":
      return "The server is starting.";
    case "running":
      return `Server ${state.version}, ${ORIGINS[state.launch.origin]}.`;
    case "waiting":
      return `The server ended; it starts again within ${state.delayMs / 1000} s.`;
    case "stopped":
      return state.reason;
  }
}

/** "3 findings" in the file in front; empty where no file is. */
function countFindings(): string {
  const uris = shownDocuments();
  if (uris.length === 0) {
    return "";
  }
  const count = uris.flatMap((uri) => languages.getDiagnostics(uri)).filter(({ source }) => source === SOURCE).length;
  return count === 1 ? "1 finding" : `${count} findings`;
}

/** The file in front: one document, or the cells of a notebook. */
function shownDocuments(): Uri[] {
  const notebook = window.activeNotebookEditor?.notebook;
  if (notebook !== undefined) {
    return notebook.getCells().map((cell) => cell.document.uri);
  }
  const document = window.activeTextEditor?.document;
  return document === undefined ? [] : [document.uri];
}
