/** Lets the person choose a rule and shows its page. */

import { languages, window, type QuickPickItem } from "vscode";
import type { Pages } from "./rulePages";
import { ruleOf, rulesAt } from "./ruleLinks";

/** Shows the page of `rule`, or of the finding at the cursor; asks where there is none. */
export async function openRulePage(pages: Pages, rule?: string): Promise<void> {
  const editor = window.activeTextEditor;
  const named = rule ?? (editor && rulesAt(editor.document, editor.selection.active)[0]);
  await (named === undefined ? chooseRule(pages) : pages.showRule(named));
}

/** Offers the rules that have findings now; any other may be typed. */
export async function chooseRule(pages: Pages): Promise<void> {
  const rules = [...new Set(languages.getDiagnostics().flatMap(([, found]) => found.map(ruleOf)))];
  const items = rules.filter((rule) => rule !== undefined).sort().map((label): QuickPickItem => ({ label }));
  const rule = await pickOrType(items);
  if (rule !== undefined) {
    await pages.showRule(rule);
  }
}

function pickOrType(items: readonly QuickPickItem[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const pick = window.createQuickPick();
    pick.title = "Explain a rule";
    pick.placeholder = "A rule with findings here, or type any, for example torch/missing-no-grad";
    pick.items = items;
    pick.onDidAccept(() => {
      resolve(pick.activeItems[0]?.label ?? (pick.value.trim() || undefined));
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}
