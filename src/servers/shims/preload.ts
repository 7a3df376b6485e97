/**
 * What is preloaded into servers, and only where a fault asks for it: each shim is built once for a host, and every
 * server gets a file of its own that it shares with the harness.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LockbenchError } from '../../contract/index.js';
import { handOver } from '../server-user.js';
import { clockShimSource } from './clock-source.js';
import { clockShimAvailable, shimClock, type ServerClock } from './clock.js';
import { compile } from './compile.js';
import { faketimeClock, findFaketime } from './faketime.js';
import { fsyncShimSource } from './fsync-source.js';
import { SyncTable } from './fsync.js';

export interface ShimNeeds {
  readonly clockShim?: boolean;
  readonly fsyncShim?: boolean;
}

/** Of one server; they outlive its process. */
export interface Shims {
  /** For its process; empty where nothing is preloaded. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: ServerClock | null;
  readonly syncs: SyncTable | null;
}

const unloadableHint =
  'LD_PRELOAD was ignored. Is the server linked statically, or the temporary folder mounted noexec (TMPDIR names another)?';

export class ShimShop {
  readonly #folder: string;
  readonly #libraries = new Map<string, Promise<string>>();

  constructor(runFolder: string) {
    this.#folder = join(runFolder, 'shims');
  }

  /** Rejects with SERVER_FAILED where a shim is not to be had: ask clockShimAvailable and fsyncShimAvailable before. */
  async fitOut(serverName: string, needs: ShimNeeds): Promise<Shims> {
    if (needs.clockShim !== true && needs.fsyncShim !== true) return { env: {}, clock: null, syncs: null };
    mkdirSync(this.#folder, { recursive: true });
    handOver(this.#folder);
    const file = join(this.#folder, serverName);
    const clock = needs.clockShim === true ? await this.#clock(`${file}.clock`) : null;
    const library = needs.fsyncShim === true ? await this.#library('fsync-shim', fsyncShimSource) : null;
    const syncs = library === null ? null : new SyncTable(library, `${file}.syncs`);
    const preload = [...(syncs === null ? [] : [syncs.library]), ...(clock?.preload ?? [])];
    return { env: { ...clock?.env, ...syncs?.env, LD_PRELOAD: preload.join(' ') }, clock, syncs };
  }

  async #clock(file: string): Promise<ServerClock> {
    const found = clockShimAvailable();
    if (!found.available) throw new LockbenchError('SERVER_FAILED', `no clock shim to be had: ${found.reason}`);
    if (found.how === 'libfaketime') return faketimeClock(findFaketime()!, file);
    return shimClock(await this.#library('clock-shim', clockShimSource), file);
  }

  /** As a path from a server's own folder, which lies beside ours: LD_PRELOAD cannot name a path with blanks in it. */
  async #library(name: string, source: string): Promise<string> {
    let built = this.#libraries.get(name);
    if (built === undefined) this.#libraries.set(name, (built = compile(this.#folder, name, source)));
    handOver(await built);
    return `../shims/${name}.so`;
  }
}

/** Throws when a server runs on without what was meant to be in it. */
export function verifyLoaded({ clock, syncs }: Shims, serverName: string, pid: number): void {
  for (const [shim, what] of [
    [clock, 'clock'],
    [syncs, 'fsync'],
  ] as const) {
    if (shim === null || shim.isLoadedIn(pid)) continue;
    throw new LockbenchError('SERVER_FAILED', `${serverName} runs without the ${what} shim`, unloadableHint);
  }
}
