/** Lets the person choose a rule and shows its page. */

import { QuickPickItemKind, languages, window, type QuickPickItem } from "vscode";
import type { Pages } from "./rulePages";
import { ruleOf, rulesAt } from "./ruleLinks";

/** A rule as the server lists it. */
export interface ListedRule {
  readonly id: string;
  readonly title: string;
  readonly severity: string;
}

/** Gives all rules; undefined, after a word to the person, if no server is running. */
export type ListRules = () => Promise<readonly ListedRule[] | undefined>;

/** Shows the page of `rule`, or of the finding at the cursor; asks where there is none. */
export async function openRulePage(pages: Pages, list: ListRules, rule?: string): Promise<void> {
  const editor = window.activeTextEditor;
  const named = rule ?? (editor && rulesAt(editor.document, editor.selection.active)[0]);
  await (named === undefined ? chooseRule(pages, list) : pages.showRule(named));
}

/** Offers all rules, those that have findings now first, and shows the page of the one that is chosen. */
export async function chooseRule(pages: Pages, list: ListRules): Promise<void> {
  const rules = await list();
  if (rules === undefined) {
    return;
  }
  const chosen = await window.showQuickPick(ruleItems(rules, findingsByRule()), {
    title: "Explain a rule",
    placeHolder: "A rule, or words of its title",
    matchOnDescription: true,
  });
  if (chosen !== undefined) {
    await pages.showRule(chosen.label);
  }
}

/** The rules to choose from under two headings: those with findings, and the others. */
export function ruleItems(rules: readonly ListedRule[], findings: ReadonlyMap<string, number>): QuickPickItem[] {
  const item = ({ id, title, severity }: ListedRule): QuickPickItem => {
    const count = findings.get(id);
    return { label: id, description: title, ...(count && { detail: `${severity}, ${count} found` }) };
  };
  const heading = (label: string): QuickPickItem => ({ label, kind: QuickPickItemKind.Separator });
  const found = rules.filter(({ id }) => findings.has(id)).map(item);
  const others = rules.filter(({ id }) => !findings.has(id)).map(item);
  return found.length === 0 ? others : [heading("With findings now"), ...found, heading("All others"), ...others];
}

/** How many findings of each rule are shown now. */
function findingsByRule(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const rule of languages.getDiagnostics().flatMap(([, found]) => found.map(ruleOf))) {
    if (rule !== undefined) {
      counts.set(rule, (counts.get(rule) ?? 0) + 1);
    }
  }
  return counts;
}
