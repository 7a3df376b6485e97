/**
 * `npm run bench:peers`: which lock client on Node is fastest and fairest, ours and every published library, side by side. Prints
 * each table when its group is done, and writes speed.md and speed.json: a full run to results/published/, one of less to results/.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { exitCodes, LockbenchError } from '../../src/contract/index.js';
import { nowMs, wallClock } from '../../src/base/clock.js';
import { painter } from '../../src/base/paint.js';
import { freshSeed } from '../../src/base/random.js';
import { formatMs } from '../../src/base/units.js';
import { listenForInterruption } from '../../src/cli/interruption.js';
import { createProgress } from '../../src/cli/progress.js';
import { terminalStyle } from '../../src/cli/terminal.js';
import { layOut } from '../../src/report/grid.js';
import { environment } from '../../src/run/environment.js';
import { leastClusters } from '../../src/stats/clustered-bootstrap.js';
import { Course, totalMs } from './course.js';
import { full, groupsOf, quick, type Group, type Scale } from './groups.js';
import type { Measured } from './measured.js';
import { speedPage, targetsTable } from './report.js';
import { tableOf } from './tables.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    generations: { type: 'string' },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string' },
    out: { type: 'string' },
  },
});

function wholeNumber(name: string, text: string | undefined, least: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (Number.isInteger(number) && number >= least) return number;
  throw new LockbenchError('BAD_ARGUMENT', `--${name}: got ${text}, expected a whole number from ${least}`);
}

/** By the beginning of a group's name, or by a part of a contestant's. A group with nobody left is left out. */
function chosen(groups: readonly Group[], only: string | undefined): Group[] {
  const words = (only ?? '').split(',').filter(Boolean);
  const ofGroups = words.filter((word) => groups.some(({ id }) => id.startsWith(word)));
  const ofLabels = words.filter((word) => !ofGroups.includes(word));
  const unknown = ofLabels.find(
    (word) => !groups.some((group) => group.contestants.some(({ label }) => label.includes(word))),
  );
  if (unknown !== undefined)
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `--only: there is neither a group nor a contestant like ${unknown}`,
      `Groups: ${groups.map(({ id }) => id).join(', ')}. A contestant is named by any part of its label.`,
    );
  return groups
    .filter(({ id }) => ofGroups.length === 0 || ofGroups.some((word) => id.startsWith(word)))
    .map((group) => ({
      ...group,
      contestants: group.contestants.filter(
        ({ label }) => ofLabels.length === 0 || ofLabels.some((word) => label.includes(word)),
      ),
    }))
    .filter(({ contestants }) => contestants.length > 0);
}

function printTables(measured: Measured, group: Group['id']): void {
  const style = terminalStyle(process.stdout, process.env);
  const loads = [...new Set(measured.cells.filter((cell) => cell.group === group).map(({ load }) => load))];
  for (const load of loads) {
    const { labels, columns, yardstick } = tableOf(measured, group, load);
    const titles = columns.map(({ title, cells }) => ({ title, head: ['', title] as const, cells }));
    const [failures, ...figures] = titles.reverse();
    const rows = labels.map((label, row) => {
      const remark = failures!.cells[row]!.text;
      return remark === '' ? { label } : { label, remark };
    });
    const { lines } = layOut(rows, figures.reverse(), style.columns, painter(style.colour));
    const times = yardstick === null ? '' : `; times are those of ${yardstick}`;
    process.stdout.write(`\n${group}, ${load}${times}\n${lines.join('\n')}\n`);
  }
}

async function main(): Promise<number> {
  const base = values.quick ? quick : full;
  const scale: Scale = { ...base, generations: wholeNumber('generations', values.generations, 1, base.generations) };
  const seed = wholeNumber('seed', values.seed, 0, freshSeed());
  const groups = chosen(groupsOf(scale), values.only);
  const whole = !values.quick && values.only === undefined && scale.generations >= full.generations;
  const out = values.out ?? join(root, 'results', ...(whole ? ['published'] : []));
  const style = terminalStyle(process.stderr, process.env);
  const progress = createProgress(process.stderr, { ...style, quiet: false });
  const interruption = listenForInterruption(progress);
  progress.header([`seed ${seed}, about ${formatMs(totalMs({ groups, scale }))}`]);
  if (scale.generations < leastClusters) progress.note(`fewer than ${leastClusters} generations give no intervals`);
  const startedAt = wallClock();
  const sinceMs = nowMs();
  const [loadBefore] = loadavg();
  const measuredBy = (course: Course): Measured => ({
    schemaVersion: 1,
    seed,
    startedAt: startedAt.toISOString(),
    command: ['npm run bench:peers', ...commandLine(seed)].join(' '),
    tookMs: nowMs() - sinceMs,
    partial: interruption.signal.aborted,
    generations: scale.generations,
    environment: environment(course.servers, {}),
    load: [loadBefore!, loadavg()[0]!],
    cells: course.cells,
    gaps: course.gaps,
    rates: course.rates,
    clientOptions: course.clientOptions,
  });
  const course = new Course({
    groups,
    scale,
    seed,
    observer: progress,
    signal: interruption.signal,
    onGroup: (id, so) => {
      progress.phase(`${id} is done`);
      printTables(measuredBy(so), id);
    },
  });
  await course.run();
  progress.end();
  const measured = measuredBy(course);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'speed.json'), `${JSON.stringify(measured, null, 1)}\n`);
  writeFileSync(join(out, 'speed.md'), speedPage(measured, scale));
  process.stdout.write(`\n${targetsTable(measured)}\n\nResults: ${join(out, 'speed.md')}\n`);
  return measured.partial ? interruption.exitCode() : exitCodes.ok;
}

/** As it was given, and with the seed, which draws the same orders again. */
function commandLine(seed: number): string[] {
  const given = process.argv
    .slice(2)
    .filter((arg, at, all) => !/^--(seed|out)/.test(arg) && !/^--(seed|out)$/.test(all[at - 1] ?? ''));
  return ['--', ...given, `--seed=${seed}`];
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof LockbenchError)) throw error;
  process.stderr.write(`${error.message}\n${error.hint}\n`);
  process.exitCode = exitCodes.usage;
}
