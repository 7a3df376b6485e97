/**
 * `npm run bench:check`: what it takes to judge a long run, in time and in memory. Writes histories as workers do, of contenders
 * that take their turns at some locks, and lets `bench check` judge each in a process of its own. --grants says how many
 * (1e6,1e7), --endless lets one holder stay inside from the first grant to the last.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nowNs } from '../src/base/clock.js';
import { seededRandom } from '../src/base/random.js';
import { checkCommand } from '../src/cli/check.js';
import { rowFlags, type Plan } from '../src/contract/index.js';
import { openCatalogue } from '../src/plan/catalogue.js';
import { resolvePlan } from '../src/plan/resolve.js';
import { Chunk, type Row } from '../src/record/chunks.js';
import { noCounts } from '../src/record/counters.js';
import type { Round } from '../src/record/round.js';
import { chunkFile } from '../src/record/store.js';

const { values } = parseArgs({
  options: {
    grants: { type: 'string', default: '1e6,1e7' },
    workers: { type: 'string', default: '2' },
    contenders: { type: 'string', default: '32' },
    keys: { type: 'string', default: '1000' },
    endless: { type: 'boolean', default: false },
    judge: { type: 'string' },
  },
});

const openNs = 1e12;
const ttlNs = 10e9;

/** One worker's file, written as it goes. */
class File {
  readonly #fd: number;
  #chunk = new Chunk();

  constructor(
    path: string,
    private readonly worker: number,
  ) {
    this.#fd = openSync(path, 'w');
  }

  add(row: Row, lowestOpenNs: () => number): void {
    this.#chunk.add(row);
    if (this.#chunk.full) this.#flush(lowestOpenNs());
  }

  close(lowestOpenNs: number): void {
    if (this.#chunk.count > 0) this.#flush(lowestOpenNs);
    closeSync(this.#fd);
  }

  #flush(lowestOpenNs: number): void {
    writeSync(this.#fd, this.#chunk.seal(this.worker, lowestOpenNs));
    this.#chunk = new Chunk();
  }
}

/** Whoever is done first takes its next turn, when the key that it draws is free. Returns when the last one was over. */
function writeHistory(folder: string, plan: Plan, grants: number): number {
  const all = plan.workers * plan.contenders;
  const random = seededRandom(1);
  const files = Array.from({ length: plan.workers }, (_, worker) => new File(chunkFile(folder, worker), worker));
  const freeNs = new Float64Array(plan.keys).fill(openNs);
  const rows = Array.from({ length: all }, (_, contender): Row => {
    return { ...noTimes, key: 0, contender, flags: rowFlags.measured };
  });
  // The last one takes its key from the others, and has it until the end.
  const endless = values.endless ? rows.pop()! : null;
  const turn = (row: Row, fromNs: number): void => {
    row.key = Math.floor(random() * (plan.keys - (endless === null ? 0 : 1)));
    row.enterNs = Math.floor(Math.max(fromNs, freeNs[row.key]) + 200e3 + random() * 100e3);
    row.leaveNs = Math.floor(row.enterNs + 1e6 + random() * 1e6);
    row.validUntilNs = row.enterNs + ttlNs;
    row.acquireNs = row.enterNs - fromNs;
    row.releaseNs = Math.floor(100e3 + random() * 100e3);
    freeNs[row.key] = row.leaveNs;
  };
  const doneNs = (row: Row): number => row.leaveNs + row.releaseNs;
  if (endless !== null) Object.assign(endless, { key: plan.keys - 1, enterNs: openNs + 1, validUntilNs: Infinity });
  for (const row of rows) turn(row, openNs);
  const lowestOpenNs = (worker: number): number => {
    const own = [...rows, ...(endless === null ? [] : [endless])].filter((row) => workerOf(plan, row) === worker);
    return own.reduce((ns, { enterNs }) => Math.min(ns, enterNs), Infinity);
  };
  const queue = new Soonest(rows, doneNs);
  let lastNs = openNs;
  for (let i = endless === null ? 0 : 1; i < grants; i += 1) {
    const row = queue.first;
    lastNs = doneNs(row);
    const worker = workerOf(plan, row);
    files[worker].add(row, () => lowestOpenNs(worker));
    turn(row, lastNs);
    queue.firstChanged();
  }
  if (endless !== null) files[workerOf(plan, endless)].add({ ...endless, leaveNs: lastNs }, () => lastNs);
  for (const file of files) file.close(lastNs);
  return lastNs;
}

const noTimes = { enterNs: 0, leaveNs: 0, validUntilNs: 0, sendDelayNs: 0, acquireNs: 0, releaseNs: 0 };

function workerOf(plan: Plan, { contender }: Row): number {
  return Math.floor(contender / plan.contenders);
}

/** A binary heap whose first changes. */
class Soonest {
  constructor(
    private readonly rows: Row[],
    private readonly atNs: (row: Row) => number,
  ) {
    rows.sort((a, b) => atNs(a) - atNs(b));
  }

  get first(): Row {
    return this.rows[0];
  }

  firstChanged(): void {
    const { rows, atNs } = this;
    const moved = rows[0];
    let at = 0;
    for (let child = 1; child < rows.length; child = 2 * at + 1) {
      if (child + 1 < rows.length && atNs(rows[child + 1]) < atNs(rows[child])) child += 1;
      if (atNs(rows[child]) >= atNs(moved)) break;
      rows[at] = rows[child];
      at = child;
    }
    rows[at] = moved;
  }
}

/** A folder as a run leaves it, with what `bench check` reads. */
async function writeRun(folder: string, grants: number): Promise<void> {
  const { workers, contenders, keys } = values;
  const raw = { strategy: 'single', workers, contenders, keys, workload: 'hold', ttl: '10s' };
  const plan = resolvePlan(raw, await openCatalogue(), [], 1);
  const history = join(folder, 'history', '01-single-r1');
  mkdirSync(history, { recursive: true });
  const closeNs = writeHistory(history, plan, grants);
  const round: Pick<Round, 'strategy' | 'round' | 'history' | 'memory' | 'nodeNames'> = {
    strategy: plan.strategies[0].label,
    round: 1,
    memory: null,
    nodeNames: ['server 1'],
    history: {
      counters: { ...noCounts(), attempts: grants, grants, released: grants },
      cell: null,
      waits: [],
      windowNs: [openNs, closeNs],
      lost: [],
      keysLeft: [],
      silentServers: 0,
      unreachable: [],
      standstillMs: 0,
      faults: [],
    },
  };
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  writeFileSync(join(folder, 'summary.json'), '{}');
  writeFileSync(join(history, 'round.json'), JSON.stringify(round));
}

/** What a process that judges tells of itself. */
interface Used {
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** In a process of its own, start included. */
function judge(folder: string): Promise<Used & { readonly seconds: number }> {
  const startNs = nowNs();
  const args = [fileURLToPath(import.meta.url), '--judge', folder];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let used: Used = { cpuSeconds: NaN, peakMb: NaN };
  child.on('message', (message: Used) => (used = message));
  return new Promise((resolve, reject) =>
    child.on('close', (code) =>
      code === 0
        ? resolve({ seconds: (nowNs() - startNs) / 1e9, ...used })
        : reject(new Error(`bench check ended with ${code}`)),
    ),
  );
}

async function main(): Promise<void> {
  for (const text of values.grants.split(',')) {
    const grants = Number(text);
    if (!Number.isInteger(grants) || grants < 1) throw new Error(`--grants: got ${text}, expected whole numbers`);
    const folder = mkdtempSync(join(tmpdir(), 'lockbench-check-'));
    try {
      await writeRun(folder, grants);
      const { seconds, cpuSeconds, peakMb } = await judge(folder);
      const words = [
        `${grants.toLocaleString('en')} grants: ${seconds.toFixed(2)} s, of these ${cpuSeconds.toFixed(2)} s on a core`,
        `${Math.round(grants / seconds).toLocaleString('en')} grants/s`,
        `at most ${peakMb.toFixed(0)} MB`,
        `load of the machine ${loadavg()[0].toFixed(1)}`,
      ];
      process.stdout.write(`${words.join(', ')}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

if (values.judge === undefined) await main();
else {
  process.exitCode = await checkCommand({ _: ['check', values.judge] });
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.send!({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMb: maxRSS / 1024 } satisfies Used);
}
