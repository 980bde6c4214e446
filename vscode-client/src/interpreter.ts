/** The Python that the workspace selected in the Python extension, where that extension is installed. */

import type { PythonExtension } from "@vscode/python-extension";
import { EventEmitter, extensions, workspace, type Disposable, type Event } from "vscode";

const PYTHON_EXTENSION = "ms-python.python";

/** Follows the interpreter of the Python extension. */
export class SelectedInterpreter implements Disposable {
  private readonly changed = new EventEmitter<void>();
  private readonly subscriptions: Disposable[] = [this.changed];
  private environments: PythonExtension["environments"] | undefined;

  /** Fires when another interpreter was selected. */
  readonly onDidChange: Event<void> = this.changed.event;

  /** The path of the selected interpreter, or undefined if there is none or the folder is not trusted. */
  async path(): Promise<string | undefined> {
    if (!workspace.isTrusted) {
      return undefined;
    }
    const environments = await this.connect();
    const resource = workspace.workspaceFolders?.[0]?.uri;
    const active = environments?.getActiveEnvironmentPath(resource);
    const environment = active && (await environments?.resolveEnvironment(active));
    return environment?.executable.uri?.fsPath;
  }

  dispose(): void {
    this.subscriptions.forEach((subscription) => subscription.dispose());
  }

  private async connect(): Promise<PythonExtension["environments"] | undefined> {
    if (this.environments === undefined) {
      const extension = extensions.getExtension<PythonExtension>(PYTHON_EXTENSION);
      this.environments = extension && (await extension.activate()).environments;
      const follow = this.environments?.onDidChangeActiveEnvironmentPath(() => this.changed.fire());
      this.subscriptions.push(...(follow ? [follow] : []));
    }
    return this.environments;
  }
}
