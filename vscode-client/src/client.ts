/** The language client of one server process: what is sent to it, and how its answers are shown. */

import { workspace, type LogOutputChannel, type OutputChannel } from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  type DocumentSelector,
  type LanguageClientOptions,
  type LSPAny,
  type Middleware,
} from "vscode-languageclient/node";
import type { Launch } from "./launch";
import { linkDiagnostics, linkHover } from "./ruleLinks";
import { SECTION, serverSettings, type ServerSettings } from "./settings";

export const DOCUMENTS: DocumentSelector = [
  ...["python", "yaml", "json", "jsonc", "toml"].flatMap((language) =>
    ["file", "untitled"].map((scheme) => ({ scheme, language })),
  ),
  { scheme: "file", pattern: "**/*.toml" }, // plain text for an editor without an extension for TOML
  { notebook: { notebookType: "jupyter-notebook" }, language: "python" },
];

/** What a client needs to know besides the program it starts. */
export interface Surroundings {
  readonly output: OutputChannel | LogOutputChannel;
  /** The Python of the project, as far as the editor knows it. */
  readonly interpreter: string | undefined;
  /** A folder outside the workspace to start the program in. */
  readonly cwd: string;
  /** Called when the server went away by itself. */
  readonly onCrash: () => void;
}

/** A client that is not started yet. */
export function createClient(launch: Launch, { output, interpreter, cwd, onCrash }: Surroundings): LanguageClient {
  const settings = (): ServerSettings => serverSettings(interpreter);
  const options: LanguageClientOptions = {
    documentSelector: DOCUMENTS,
    initializationOptions: settings(),
    outputChannel: output,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    synchronize: { configurationSection: SECTION },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        onCrash();
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
    middleware: { ...answers(), workspace: questions(interpreter, () => client) },
  };
  const run = { command: launch.command, args: [...launch.args, "server"], options: { cwd } };
  const client = new LanguageClient(SECTION, "ml-lsp", run, options);
  return client;
}

/** What the server answers, with links to the rule pages in it. */
function answers(): Middleware {
  return {
    handleDiagnostics: (uri, diagnostics, next) => next(uri, linkDiagnostics(diagnostics)),
    provideDiagnostics: async (document, previous, token, next) => {
      const report = await next(document, previous, token);
      return report?.kind === "full" ? { ...report, items: linkDiagnostics(report.items) } : report;
    },
    provideHover: async (document, position, token, next) =>
      linkHover(await next(document, position, token), document, position),
  };
}

/** What the server asks or is told about settings: with the interpreter that the editor knows of. */
function questions(
  interpreter: string | undefined,
  client: () => LanguageClient,
): NonNullable<Middleware["workspace"]> {
  const forSection = (scope?: string): LSPAny => {
    const uri = scope === undefined ? undefined : client().protocol2CodeConverter.asUri(scope);
    return { ...serverSettings(interpreter, uri) } as LSPAny;
  };
  return {
    configuration: ({ items }) =>
      items.map((item) =>
        item.section === SECTION ? forSection(item.scopeUri) : workspace.getConfiguration(item.section).get("", null),
      ),
    didChangeConfiguration: () =>
      client().sendNotification(DidChangeConfigurationNotification.type, { settings: { [SECTION]: forSection() } }),
  };
}
