/** Links from findings to the pages of their rules. */

import { Hover, MarkdownString, Uri, languages, type Diagnostic, type Position, type TextDocument } from "vscode";
import { pageOf } from "./rulePages";

/** The `source` of every diagnostic of the server. */
export const SOURCE = "ml-lsp";

/** Opens the page of the rule given as argument, or of the finding at the cursor. */
export const OPEN_RULE_PAGE = "mlLsp.openRulePage";

/** The rule that a diagnostic of the server is about; undefined for diagnostics of others. */
export function ruleOf({ source, code }: Diagnostic): string | undefined {
  if (source !== SOURCE || code === undefined) {
    return undefined;
  }
  return String(typeof code === "object" ? code.value : code);
}

/**
 * The same diagnostics; the link of each opens the page of its rule in the editor.
 *
 * The link is a document, because the editor does not run commands from there; package.json has it shown as a preview.
 */
export function linkDiagnostics(diagnostics: Diagnostic[]): Diagnostic[] {
  for (const diagnostic of diagnostics) {
    const rule = ruleOf(diagnostic);
    if (rule !== undefined) {
      diagnostic.code = { value: rule, target: pageOf(rule) };
    }
  }
  return diagnostics;
}

/** The hover with a link above it for every rule that has a finding at `position`. */
export function linkHover(
  hover: Hover | null | undefined,
  document: TextDocument,
  position: Position,
): Hover | null | undefined {
  const rules = rulesAt(document, position);
  if (!hover || rules.length === 0) {
    return hover;
  }
  const links = new MarkdownString(rules.map((rule) => `[Open the page of ${rule}](${commandFor(rule)})`).join(" · "));
  links.isTrusted = { enabledCommands: [OPEN_RULE_PAGE] };
  return new Hover([links, ...hover.contents], hover.range);
}

/** The rules with a finding at `position`, each once. */
export function rulesAt(document: TextDocument, position: Position): string[] {
  const here = languages.getDiagnostics(document.uri).filter(({ range }) => range.contains(position));
  return [...new Set(here.map(ruleOf).filter((rule) => rule !== undefined))];
}

function commandFor(rule: string): Uri {
  return Uri.parse(`command:${OPEN_RULE_PAGE}?${encodeURIComponent(JSON.stringify([rule]))}`);
}
