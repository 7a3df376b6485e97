/**
 * The load generator that comes with Redis, on the commands of a lock's cycle: SET NX PX of keys that nobody has, then
 * compare-and-delete. It repeats one command, so the two are measured one after the other, half a slice each. Of the keys that it
 * draws to delete, four in five are there: it draws with replacement, half as many as there are.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LockbenchError } from '../../src/contract/index.js';
import { nowNs } from '../../src/base/clock.js';
import { openAdmin, type Admin } from '../../src/clients/admin.js';
import type { NodeEndpoint } from '../../src/clients/endpoint.js';
import { compareAndDelete } from '../../src/kit/scripts.js';
import { noCounts } from '../../src/record/counters.js';
import type { Entrant } from './entrant.js';
import type { SliceFigures } from './measured.js';
import type { SliceOrder } from './protocol.js';

const program = 'redis-benchmark';
const run = promisify(execFile);
const connections = 50;
const token = '0123456789abcdef0123456789abcdef';
const ttlMs = 30_000;
const adminLimitMs = 10_000;
const runLimitMs = 60_000;
/** Of the first look at how fast it is. */
const firstRequests = 20_000;
/** Memory of the server: some 150 bytes a key. */
const mostRequests = 1_000_000;
/** More keys than are ever drawn twice. */
const manyKeys = 1_000_000_000;

const fill = `for i = 0, ARGV[1] - 1 do
  redis.call('SET', string.format('lock:%012d', i), ARGV[2], 'PX', ARGV[3])
end`;

export class RedisBenchmarkEntrant implements Entrant {
  #admin: Admin | null = null;
  #requests = firstRequests;

  constructor(
    readonly label: string,
    private readonly pipeline: number,
    private readonly endpoint: NodeEndpoint,
    private readonly serversCpuNs: () => number | null,
  ) {}

  async open(): Promise<Readonly<Record<string, unknown>>> {
    const version = await run(program, ['--version']).catch((cause: unknown) => {
      throw new LockbenchError('NO_LIBRARY', `${program} cannot be run`, 'It comes with Redis.', { cause });
    });
    this.#admin = await openAdmin(this.endpoint, adminLimitMs);
    await this.#admin.call('SCRIPT', 'LOAD', compareAndDelete.lua);
    return { program: version.stdout.trim(), connections, pipeline: this.pipeline };
  }

  async slice({ load }: Omit<SliceOrder, 'startNs' | 'windowNs'>): Promise<SliceFigures> {
    const requests = this.#requests;
    const admin = this.#admin!;
    const took = { ns: 0, cpuNs: 0 };
    const setHz = await this.#measure(took, manyKeys, ['SET', 'lock:__rand_int__', token, 'PX', String(ttlMs), 'NX']);
    await admin.call('FLUSHDB', 'SYNC');
    await admin.call('EVAL', fill, 0, 2 * requests, token, ttlMs);
    const keys = ['1', 'lock:__rand_int__', token];
    const deleteHz = await this.#measure(took, 2 * requests, ['EVALSHA', compareAndDelete.sha, ...keys]);
    await admin.call('FLUSHDB', 'SYNC');
    const cycleHz = 1 / (1 / setHz + 1 / deleteHz);
    this.#requests = Math.round(Math.min(mostRequests, Math.max(1000, (cycleHz * load.sliceMs) / 1000)));
    return {
      windowMs: took.ns / 1e6,
      cycles: (cycleHz * took.ns) / 1e9,
      handoffs: 0,
      violations: 0,
      jain: null,
      starved: 0,
      acquireP50Us: null,
      clientUs: null,
      serverUs: Number.isNaN(took.cpuNs) ? null : took.cpuNs / 1000 / requests,
      counters: noCounts(),
      startedInWindow: 0,
      errors: {},
      unsettled: 0,
    };
  }

  totals = (): Promise<null> => Promise.resolve(null);

  kill(): Promise<void> {
    this.#admin?.close();
    return Promise.resolve();
  }

  /** Requests per second. */
  async #measure(took: { ns: number; cpuNs: number }, keys: number, command: readonly string[]): Promise<number> {
    const { host, port } = this.endpoint;
    const where = ['-h', host, '-p', String(port), '-c', String(connections), '-P', String(this.pipeline)];
    const what = ['-n', String(this.#requests), '-r', String(keys), '--csv', ...command];
    const before = this.serversCpuNs() ?? NaN;
    const startNs = nowNs();
    const { stdout } = await run(program, [...where, ...what], { timeout: runLimitMs });
    took.ns += nowNs() - startNs;
    took.cpuNs += (this.serversCpuNs() ?? NaN) - before;
    return requestsPerSecond(stdout);
  }
}

/** Of its CSV: under the titles, the command in quotes and then the figure. */
export function requestsPerSecond(csv: string): number {
  const hz = Number(/^"[^"]*","([\d.]+)"/.exec(csv.trim().split('\n').at(-1) ?? '')?.[1]);
  if (hz > 0) return hz;
  throw new LockbenchError('INTERNAL', `${program} said ${JSON.stringify(csv)}`);
}
