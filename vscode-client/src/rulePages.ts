/** The pages of rules and the review as read-only documents, shown in the Markdown preview. */

import { EventEmitter, Uri, ViewColumn, commands, type Disposable, type TextDocumentContentProvider } from "vscode";

/** Documents of the server: `ml-lsp:/rules/torch/missing-no-grad.md` and `ml-lsp:/review.md`. */
export const PAGES = "ml-lsp";

const PREVIEW = "vscode.markdown.preview.editor";
const REVIEW_PAGE = Uri.from({ scheme: PAGES, path: "/review.md" });

/** Gives the Markdown of a rule; undefined if there is no such rule. */
export type Explain = (rule: string) => Promise<string | undefined>;

/** The document that is the page of a rule. */
export function pageOf(rule: string): Uri {
  return Uri.from({ scheme: PAGES, path: `/rules/${rule}.md` });
}

export class Pages implements TextDocumentContentProvider, Disposable {
  private readonly changed = new EventEmitter<Uri>();
  private review = "";

  readonly onDidChange = this.changed.event;

  constructor(private readonly explain: Explain) {}

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    if (uri.path === REVIEW_PAGE.path) {
      return this.review;
    }
    const rule = uri.path.replace(/^\/rules\//, "").replace(/\.md$/, "");
    return (await this.explain(rule)) ?? `# ${rule}\n\nThe server knows no rule of this name.\n`;
  }

  /** Shows the page of a rule. */
  async showRule(rule: string): Promise<void> {
    this.changed.fire(pageOf(rule));
    await commands.executeCommand("vscode.openWith", pageOf(rule), PREVIEW, ViewColumn.Beside);
  }

  /** Shows a review that was just made. */
  async showReview(markdown: string): Promise<void> {
    this.review = markdown;
    this.changed.fire(REVIEW_PAGE);
    await commands.executeCommand("vscode.openWith", REVIEW_PAGE, PREVIEW);
  }

  dispose(): void {
    this.changed.dispose();
  }
}
