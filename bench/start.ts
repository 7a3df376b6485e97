/**
 * `npm run bench:start`: how long the program takes to start, against `node -e 0` by turns: `bench --help` from its start to its end,
 * and a run with five private servers from the start of its process to that of its first lock operation.
 *
 * The run itself tells when that was: a row of its history holds when a section was entered and how long its acquire had taken, on
 * the monotonic clock, which all processes of a machine share. A pair of neighbours gives one ratio. `--pairs` says how many there
 * are to be; npm and npx are no part of it, the file that they execute is.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nowMs } from '../src/base/clock.js';
import { freshSeed, seededRandom } from '../src/base/random.js';
import { openGrants } from '../src/record/grant-files.js';
import { clusteredBootstrap, leastClusters } from '../src/stats/clustered-bootstrap.js';
import { median } from '../src/stats/median.js';

const program = fileURLToPath(new URL('../../src/bin.mjs', import.meta.url));
/** No warm-up and a short window: they end the run sooner, and begin after what is measured. */
const run = ['--strategy', 'redlock', '--nodes', '5', '--warmup', '0', '--duration', '50ms', '--quiet'];

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '30' } } });
const pairs = Number(values.pairs);
if (!Number.isInteger(pairs) || pairs < leastClusters)
  throw new Error(`--pairs: got ${values.pairs}, expected a whole number from ${leastClusters}`);

function node(...args: readonly string[]): { readonly beginMs: number; readonly endMs: number } {
  const beginMs = nowMs();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  // A property that is violated, or a run that is not valid, has begun all the same.
  if (status === null || ![0, 5, 6].includes(status)) throw new Error(`node ${args.join(' ')} failed: ${stderr}`);
  return { beginMs, endMs: nowMs() };
}

function wholeMs(...args: readonly string[]): number {
  const { beginMs, endMs } = node(...args);
  return endMs - beginMs;
}

function firstOperationMs(): number {
  const out = mkdtempSync(join(tmpdir(), 'lockbench-start-'));
  try {
    const { beginMs } = node(program, ...run, '--out', out);
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter(
      // The control without a lock comes last, and without servers.
      (name) => name.endsWith('.chunk') && !name.includes('control'),
    );
    const { grants } = openGrants(files.map((name) => ({ name, from: join(out, name) })));
    if (grants.count === 0) throw new Error('nothing was granted in that run');
    let firstMs = Infinity;
    for (const { count, enterNs, acquireUs } of grants.blocks())
      for (let row = 0; row < count; row += 1) firstMs = Math.min(firstMs, enterNs[row] / 1e6 - acquireUs[row] / 1000);
    return firstMs - beginMs;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

const measured = {
  'bench --help': () => wholeMs(program, '--help'),
  'first operation': firstOperationMs,
} as const;

process.stdout.write(
  `Node ${process.version}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, ${pairs} pairs\n\n`,
);
for (const [name, takenMs] of Object.entries(measured)) {
  const ratios: number[] = [];
  const [oursMs, nodesMs]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < pairs; pair += 1) {
    const inTurn = pair % 2 === 0;
    const before = inTurn ? null : takenMs();
    const nodeMs = wholeMs('-e', '0');
    const ourMs = before ?? takenMs();
    oursMs.push(ourMs);
    nodesMs.push(nodeMs);
    ratios.push(ourMs / nodeMs);
  }
  const { estimate, low, high } = clusteredBootstrap(
    ratios.map((ratio) => [ratio]),
    seededRandom(freshSeed(), name),
  )!;
  process.stdout.write(
    `${name.padEnd(16)} ${median(oursMs).toFixed(0)} ms against ${median(nodesMs).toFixed(0)} ms of node -e 0: ` +
      `${estimate.toFixed(2)}x (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})\n`,
  );
}
