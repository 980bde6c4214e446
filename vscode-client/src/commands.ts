/** What each command of the extension does. */

import { commands, window, type Disposable, type LogOutputChannel } from "vscode";
import { createRule } from "./createRule";
import { chooseRule, openRulePage, type ListedRule } from "./explainRule";
import { fixFile } from "./fixAll";
import { fixWorkspace } from "./fixWorkspace";
import { selectProfile } from "./profile";
import type { Pages } from "./rulePages";
import { OPEN_RULE_PAGE } from "./ruleLinks";
import { ask, withServer } from "./serverCommands";
import type { Supervisor } from "./supervisor";

/** Registers all commands. */
export function registerCommands(supervisor: Supervisor, pages: Pages, output: LogOutputChannel): Disposable[] {
  const listRules = (): Promise<ListedRule[] | undefined> => ask(supervisor, "ml-lsp.rules");
  return [
    commands.registerCommand("mlLsp.restart", () => supervisor.restart()),
    commands.registerCommand("mlLsp.showOutput", () => output.show()),
    commands.registerCommand("mlLsp.fixFile", () => withServer(supervisor, fixFile)),
    commands.registerCommand("mlLsp.fixWorkspace", () => withServer(supervisor, fixWorkspace)),
    commands.registerCommand("mlLsp.reviewWorkspace", () => reviewWorkspace(supervisor, pages)),
    commands.registerCommand("mlLsp.explainRule", () => chooseRule(pages, listRules)),
    commands.registerCommand(OPEN_RULE_PAGE, (rule?: unknown) =>
      openRulePage(pages, listRules, typeof rule === "string" ? rule : undefined),
    ),
    commands.registerCommand("mlLsp.createRule", createRule),
    commands.registerCommand("mlLsp.selectProfile", selectProfile),
  ];
}

async function reviewWorkspace(supervisor: Supervisor, pages: Pages): Promise<void> {
  const review = await ask<string>(supervisor, "ml-lsp.reviewWorkspace");
  if (review === undefined) {
    return;
  }
  if (review.trim() === "") {
    void window.showInformationMessage("ml-lsp: no findings in the workspace.");
    return;
  }
  await pages.showReview(review);
}
