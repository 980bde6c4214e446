/** Keeps one server running: starts it, starts it again after a crash, and says so when it cannot. */

import * as os from "node:os";
import * as path from "node:path";
import { EventEmitter, window, type Disposable, type Event, type LogOutputChannel } from "vscode";
import { State, type LanguageClient } from "vscode-languageclient/node";
import { countCrash, restartDelay } from "./backoff";
import { createClient } from "./client";
import type { SelectedInterpreter } from "./interpreter";
import { findLaunch, isMissing, type Launch, type NoLaunch } from "./launch";
import { pythonsOnPath } from "./places";
import { machineProbe } from "./probe";
import { askForServer, tellGivenUp } from "./setup";
import { interpreterSetting, programSetting, workspaceFolders } from "./settings";

/** What the server is doing. */
export type ServerState =
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly launch: Launch; readonly version: string }
  | { readonly kind: "waiting"; readonly delayMs: number }
  | { readonly kind: "stopped"; readonly reason: string };

export class Supervisor implements Disposable {
  private readonly changed = new EventEmitter<ServerState>();
  private current: ServerState = { kind: "stopped", reason: "Not started yet." };
  private running: LanguageClient | undefined;
  private startedAt = 0;
  private crashes = 0;
  private timer: NodeJS.Timeout | undefined;
  /** Starts and stops follow one another, never overlap. */
  private work: Promise<void> = Promise.resolve();

  readonly onDidChangeState: Event<ServerState> = this.changed.event;

  constructor(
    private readonly extensionFolder: string,
    private readonly output: LogOutputChannel,
    private readonly selected: SelectedInterpreter,
  ) {}

  get state(): ServerState {
    return this.current;
  }

  /** The client of the running server, or undefined. */
  get client(): LanguageClient | undefined {
    return this.running?.state === State.Running ? this.running : undefined;
  }

  /** Stops the server, if any, and starts the one that the settings now ask for. */
  restart(): Promise<void> {
    this.crashes = 0;
    return this.enqueue(() => this.start());
  }

  /** Stops the server and does not start it again. */
  stop(): Promise<void> {
    return this.enqueue(() => this.end());
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.changed.dispose();
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    clearTimeout(this.timer);
    this.work = this.work.then(step).catch((error: unknown) => this.output.error(String(error)));
    return this.work;
  }

  private async start(): Promise<void> {
    await this.end();
    this.become({ kind: "starting" });
    const interpreter = interpreterSetting() ?? (await this.selected.path());
    const found = await this.search(interpreter);
    if (isMissing(found)) {
      this.become({ kind: "stopped", reason: found.reason });
      void askForServer(found.reason);
      return;
    }
    await this.run(found, interpreter);
  }

  private search(interpreter: string | undefined): Promise<Launch | NoLaunch> {
    const places = {
      program: programSetting(),
      interpreter,
      bundled: path.join(this.extensionFolder, "bundled"),
      pythons: pythonsOnPath(process.env["PATH"] ?? "", workspaceFolders()),
    };
    return findLaunch(places, machineProbe(os.homedir()), (message) => void window.showWarningMessage(message));
  }

  private async run(launch: Launch, interpreter: string | undefined): Promise<void> {
    this.output.info(`Starting ${[launch.command, ...launch.args].join(" ")} (${launch.origin})`);
    const client = createClient(launch, {
      output: this.output,
      interpreter,
      cwd: os.homedir(),
      onCrash: () => this.afterCrash(client),
    });
    this.running = client;
    this.startedAt = Date.now();
    try {
      await client.start();
    } catch (error) {
      this.output.error(`The server did not start: ${String(error)}`);
      this.afterCrash(client);
      return;
    }
    const version = client.initializeResult?.serverInfo?.version ?? "unknown version";
    this.become({ kind: "running", launch, version });
  }

  private async end(): Promise<void> {
    const client = this.running;
    this.running = undefined;
    if (client?.state === State.Running) {
      await client.stop();
    }
    client?.diagnostics?.dispose();
  }

  /** A crash may be noticed twice, by the start that fails and by the pipe that closes; it counts once. */
  private afterCrash(client: LanguageClient): void {
    if (this.running !== client) {
      return;
    }
    this.running = undefined;
    client.diagnostics?.clear();
    this.crashes = countCrash(this.crashes, Date.now() - this.startedAt);
    const delayMs = restartDelay(this.crashes);
    if (delayMs === undefined) {
      this.become({ kind: "stopped", reason: `The server ended ${this.crashes} times in a row.` });
      void tellGivenUp(this.crashes);
      return;
    }
    this.output.warn(`The server ended; starting it again in ${delayMs / 1000} s.`);
    this.become({ kind: "waiting", delayMs });
    this.timer = setTimeout(() => void this.enqueue(() => this.start()), delayMs);
  }

  private become(state: ServerState): void {
    this.current = state;
    this.changed.fire(state);
  }
}
