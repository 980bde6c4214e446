/** Commands that the server itself carries out. */

import { window } from "vscode";
import { ExecuteCommandRequest, type LanguageClient, type LSPAny } from "vscode-languageclient/node";
import type { Supervisor } from "./supervisor";

/** Sends a command to the server; undefined, after a word to the person, if no server is running. */
export async function ask<T>(supervisor: Supervisor, command: string, ...args: LSPAny[]): Promise<T | undefined> {
  return withServer(supervisor, async (client) => {
    const answer: T | null = await client.sendRequest(ExecuteCommandRequest.type, { command, arguments: args });
    return answer ?? undefined;
  });
}

/** Does something with the running server; undefined, after a word to the person, if there is none. */
export async function withServer<T>(
  supervisor: Supervisor,
  act: (client: LanguageClient) => Promise<T | undefined>,
): Promise<T | undefined> {
  const client = supervisor.client;
  if (client !== undefined) {
    return act(client);
  }
  const restart = "Restart Server";
  void window.showWarningMessage("The ml-lsp server is not running.", restart).then((choice) => {
    return choice === restart ? supervisor.restart() : undefined;
  });
  return undefined;
}
