/** For the tests of faults: short runs on real servers, and what they must not leave behind. */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientName, FaultRecord, Result, RunResult } from '../contract/index.js';
import { expect } from 'vitest';
import { delay } from '../base/clock.js';
import { openCatalogue, type RawOptions } from '../plan/catalogue.js';
import { resolvePlan } from '../plan/resolve.js';
import { runBenchmark } from '../run/benchmark.js';
import type { Case } from './expected.testing.js';

const seed = 7;
const goneLimitMs = 5000;
const lookMs = 20;

/** Few contenders that ask again soon: whatever a fault makes possible happens within one lease. */
const short: RawOptions = {
  workers: '2',
  contenders: '2',
  warmup: '0',
  duration: '1s',
  ttl: '400ms',
  hold: '2ms',
  think: '3ms',
  retry: 'uniform:1ms-20ms',
};

export async function runPlan(raw: RawOptions): Promise<Result> {
  const out = mkdtempSync(join(tmpdir(), 'lockbench-faults-'));
  const files = (raw.strategy ?? '').split(',').filter((name) => name.includes('/'));
  const catalogue = await openCatalogue(files.map((name) => name.split('@')[0]));
  try {
    return await runBenchmark(resolvePlan({ ...short, ...raw }, catalogue, [], seed), { out, control: false });
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

export function verdictOf(run: RunResult, check: string): string {
  return run.verdicts.find((verdict) => verdict.check === check)?.verdict ?? 'not judged';
}

/** Names of the checks that failed. */
export function failedIn(run: RunResult): string[] {
  return run.verdicts.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check);
}

/** Runs it, and compares what came of it with what is told. */
export async function expectCase(name: string, { plan, fails, also }: Case, client: ClientName | null): Promise<void> {
  const { runs, partial } = await runPlan(client === null ? plan : { ...plan, client });
  expect(runs.flatMap((run) => run.faults.flatMap(flawsOf))).toEqual([]);
  expect(runs.every((run) => run.faults.some((fault) => fault.name === name))).toBe(true);
  expect(partial).toBe(false);
  runs.forEach((run, i) => {
    const expected = fails[i];
    if (expected === null) expect(failedIn(run)).toEqual([]);
    else expect(failedIn(run)).toContain(expected);
  });
  also?.(runs);
}

/** What keeps this from being a fault that struck, showed, and was healed; in words. */
export function flawsOf(fault: FaultRecord): string[] {
  const { startedMs, healedMs, intendedMs, effective, unhealthy, what } = fault;
  return [
    ...(effective ? [] : [`no effect: ${what}`]),
    ...(startedMs !== null && startedMs >= intendedMs ? [] : [`meant for ${intendedMs} ms, struck at ${startedMs} ms`]),
    ...(healedMs !== null && healedMs >= (startedMs ?? 0) ? [] : [`healed at ${healedMs} ms`]),
    ...(unhealthy.length === 0 ? [] : [`unhealthy: ${unhealthy.join(', ')}`]),
    ...(what.includes('not healed') ? [what] : []),
  ];
}

/** Processes and open ports of this process that are left when some patience is over. */
export async function leftBehind(): Promise<string[]> {
  for (let waitedMs = 0; waitedMs < goneLimitMs && found().length > 0; waitedMs += lookMs) await delay(lookMs);
  return found();
}

function found(): string[] {
  return [...children(process.pid), ...listening()];
}

/** What a server, a worker, the guardian or the resource would be. */
function children(parent: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [state, ppid] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
        if (Number(ppid) !== parent || state === 'Z') return [];
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
      } catch {
        return [];
      }
    });
}

/** Ports that this process listens at, as relays do. */
function listening(): string[] {
  const table = readFileSync('/proc/self/net/tcp', 'utf8').trim().split('\n').slice(1);
  const inodes = new Map(
    table
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A')
      .map((fields) => [`socket:[${fields[9]}]`, `port ${parseInt(fields[1].split(':')[1], 16)}`]),
  );
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return inodes.get(readlinkSync(`/proc/self/fd/${fd}`)) ?? [];
    } catch {
      return [];
    }
  });
}
