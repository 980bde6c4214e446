/** What the person is told when there is no server, each time with a button that leads on. */

import { commands, env, window } from "vscode";

const INSTALL = "pip install ml-lsp";

/** One sentence why there is no server, and ways out. */
export async function askForServer(reason: string): Promise<void> {
  const copy = `Copy "${INSTALL}"`;
  const choice = await window.showErrorMessage(reason, copy, "Restart Server", "Open Settings");
  if (choice === copy) {
    await env.clipboard.writeText(INSTALL);
  } else if (choice === "Restart Server") {
    await commands.executeCommand("mlLsp.restart");
  } else if (choice === "Open Settings") {
    await commands.executeCommand("workbench.action.openSettings", "mlLsp.interpreter");
  }
}

/** The server ended again and again: it is not started once more without being asked. */
export async function tellGivenUp(crashes: number): Promise<void> {
  const message = `The ml-lsp server ended ${crashes} times in a row and was not started again.`;
  const choice = await window.showErrorMessage(message, "Restart Server", "Show Output");
  if (choice !== undefined) {
    await commands.executeCommand(choice === "Restart Server" ? "mlLsp.restart" : "mlLsp.showOutput");
  }
}
