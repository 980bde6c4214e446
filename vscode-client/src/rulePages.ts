/** The pages of rules and the review as read-only documents, shown in the Markdown preview. */

import { EventEmitter, Uri, commands, type Disposable, type TextDocumentContentProvider } from "vscode";

/** Documents of the server: `ml-lsp:/rules/torch/missing-no-grad.md` and `ml-lsp:/review.md`. */
export const PAGES = "ml-lsp";

const REVIEW_PAGE = Uri.from({ scheme: PAGES, path: "/review.md" });

/** Gives the Markdown of a rule; undefined if there is no such rule. */
export type Explain = (rule: string) => Promise<string | undefined>;

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
    const uri = Uri.from({ scheme: PAGES, path: `/rules/${rule}.md` });
    this.changed.fire(uri);
    await commands.executeCommand("markdown.showPreviewToSide", uri);
  }

  /** Shows a review that was just made. */
  async showReview(markdown: string): Promise<void> {
    this.review = markdown;
    this.changed.fire(REVIEW_PAGE);
    await commands.executeCommand("markdown.showPreview", REVIEW_PAGE);
  }

  dispose(): void {
    this.changed.dispose();
  }
}
