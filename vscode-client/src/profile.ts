/** Lets the person choose which rules are on. */

import { ConfigurationTarget, window, workspace } from "vscode";
import { SECTION } from "./settings";

const PROFILES = [
  { label: "default", description: "what is right nearly always" },
  { label: "review", description: "also what needs your judgement" },
];

/** The profile that holds in this window. */
export function currentProfile(): string {
  return workspace.getConfiguration(SECTION).get("profile", "default");
}

/** Asks for a profile and writes it to the settings of the workspace, or of the user where there is none. */
export async function selectProfile(): Promise<void> {
  const current = currentProfile();
  const items = PROFILES.map(({ label, description }) => ({
    label,
    description: label === current ? `${description} (in use)` : description,
  }));
  const choice = await window.showQuickPick(items, { title: "ml-lsp: which rules are on" });
  if (choice !== undefined) {
    const target = workspace.workspaceFolders ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
    await workspace.getConfiguration(SECTION).update("profile", choice.label, target);
  }
}
