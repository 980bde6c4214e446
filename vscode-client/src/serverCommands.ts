/** Commands that the server itself carries out. */

import { window } from "vscode";
import { ExecuteCommandRequest, type LSPAny } from "vscode-languageclient/node";
import type { Supervisor } from "./supervisor";

/** Sends a command to the server; undefined, after a word to the person, if no server is running. */
export async function ask<T>(supervisor: Supervisor, command: string, ...args: LSPAny[]): Promise<T | undefined> {
  const client = supervisor.client;
  if (client === undefined) {
    const restart = "Restart Server";
    void window.showWarningMessage("The ml-lsp server is not running.", restart).then((choice) => {
      return choice === restart ? supervisor.restart() : undefined;
    });
    return undefined;
  }
  const answer: T | null | undefined = await client.sendRequest(ExecuteCommandRequest.type, { command, arguments: args });
  return answer ?? undefined;
}
