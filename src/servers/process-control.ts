/**
 * Full control over a server that is a child process of ours: stopped, killed, and started again on its own port. What
 * happens to it here has been asked for, so it is not told as a loss.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { delay, nowMs } from '../base/clock.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import { LockbenchError, type Reply, type RestartData } from '../contract/index.js';
import { clockAheadMs, type ServerControl } from './control.js';
import type { Fleet, Member } from './fleet.js';
import { logName, type Exit, type ServerProcess } from './server-process.js';
import { signalTo, startTimeOf } from './process-identity.js';
import type { Shims } from './shims/preload.js';

/** A place that server processes come to and leave: the port, the folder and the role stay. */
export interface Berth {
  readonly name: string;
  readonly folder: string;
  readonly shims: Shims;
  /** Whether it writes an append-only file. */
  readonly persistent: boolean;
  start(port: number | null): Promise<ServerProcess>;
}

const standStillLimitMs = 2_000;
const standStillPollMs = 1;

export class ProcessControl implements ServerControl {
  readonly name: string;
  readonly endpoint: NodeEndpoint;
  #process: ServerProcess;
  #alive = true;
  #wanted = true;
  #starting: Promise<unknown> = Promise.resolve();

  constructor(
    readonly index: number,
    private readonly berth: Berth,
    private readonly fleet: Fleet,
    private readonly member: Member,
    first: ServerProcess,
  ) {
    this.name = berth.name;
    this.endpoint = first.endpoint;
    this.#process = this.#follow(first);
  }

  get pid(): number {
    return this.#process.pid;
  }

  family(): readonly number[] {
    return this.#alive ? this.#process.family() : [this.pid];
  }

  call(name: string, ...args: readonly (string | number)[]): Promise<Reply> {
    return this.fleet.call(this.member, name, ...args);
  }

  async freeze(): Promise<void> {
    if (!this.#alive) throw this.#misused('is not running, so it cannot be stopped');
    // Itself first: then it has no more children.
    for (const pid of [this.pid, ...this.#process.family()]) await this.#stopOne(pid);
  }

  async #stopOne(pid: number): Promise<void> {
    signalTo(pid, 'SIGSTOP');
    const limitMs = nowMs() + standStillLimitMs;
    // The signal is on its way when kill returns; a command could still overtake it.
    while (!standsStill(pid)) {
      if (pid !== this.pid && !exists(pid)) return;
      if (!this.#alive || nowMs() > limitMs)
        throw new LockbenchError('SERVER_FAILED', `${this.name} does not stop on SIGSTOP`);
      await delay(standStillPollMs);
    }
  }

  thaw(): Promise<void> {
    if (this.#alive) for (const pid of this.#process.family()) signalTo(pid, 'SIGCONT');
    return Promise.resolve();
  }

  async kill(): Promise<void> {
    await this.#starting;
    this.#wanted = false;
    // With all its forks: one of them would go on writing into the folder.
    await this.#process.crash();
    this.fleet.hangUp(this.member);
  }

  async start(data: RestartData): Promise<{ readonly lostBytes: number }> {
    if (this.#alive || this.#wanted) throw this.#misused('has to be killed before it can be started');
    this.#wanted = true;
    try {
      const lostBytes = this.#prepareFolder(data);
      const starting = this.berth.start(this.endpoint.port);
      this.#starting = starting.catch(() => {});
      this.#process = this.#follow(await starting);
      this.fleet.hangUp(this.member);
      return { lostBytes };
    } catch (error) {
      this.#wanted = false;
      throw error;
    }
  }

  setClock(clock: { readonly stepMs: number; readonly rate: number }): void {
    const { shims } = this.berth;
    if (shims.clock === null) throw this.#misused('was started without the clock shim');
    shims.clock.set(clock);
  }

  clockAheadMs(): Promise<number> {
    return clockAheadMs(() => this.call('TIME'));
  }

  /** For good. */
  async stop(): Promise<void> {
    this.#wanted = false;
    await this.#starting;
    await this.#process.stop();
  }

  #follow(server: ServerProcess): ServerProcess {
    this.#alive = true;
    void server.exited.then((exit) => {
      this.#alive = false;
      if (this.#wanted) this.fleet.tell(`${this.name} exited (${exitText(exit)})`);
      this.#wanted = false;
    });
    return server;
  }

  #prepareFolder(data: RestartData): number {
    const { folder, shims, persistent } = this.berth;
    if (data === 'kept') return 0;
    if (data === 'empty') {
      for (const name of readdirSync(folder)) if (name !== logName) rmSync(join(folder, name), { recursive: true });
      shims.syncs?.forget();
      return 0;
    }
    if (shims.syncs === null) throw this.#misused('was started without the fsync shim');
    const doubt = persistent ? shims.syncs.doubt() : null;
    if (doubt === null) return shims.syncs.loseUnsynced(folder);
    throw new LockbenchError('SERVER_FAILED', `${this.name}: what it had synced is not known: ${doubt}`);
  }

  #misused(what: string): LockbenchError {
    return new LockbenchError('INTERNAL', `${this.name} ${what}`);
  }
}

function exitText({ code, signal }: Exit): string {
  return signal ?? `exit code ${code}`;
}

function exists(pid: number): boolean {
  return startTimeOf(pid) !== null;
}

/** All its threads, by the letters of proc(5); taken for granted where there is no /proc. */
function standsStill(pid: number): boolean {
  if (process.platform !== 'linux') return true;
  try {
    const tasks = `/proc/${pid}/task`;
    return readdirSync(tasks).every((id) => /\) [Tt] /.test(readFileSync(join(tasks, id, 'stat'), 'utf8')));
  } catch {
    // A thread has ended between the two looks, or the whole process has.
    return false;
  }
}
