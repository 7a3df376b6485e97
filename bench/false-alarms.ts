/**
 * `npm run bench:false-alarms`: how often `bench compare` is wrong on this machine, measured. Compares a design with itself, and
 * with copies of itself that are some 5 and 10 % slower; each comparison is a run of the program as anybody would start it.
 *
 * Every result is appended to results/false-alarms.jsonl, and a later call goes on from there: --trials says how many there are to
 * be of each study, --budget what one comparison may take, --study which studies. Then results/published/false-alarms.md is written
 * from all that the file holds.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freshSeed } from '../src/base/random.js';
import type { CompareDocument, OverallVerdict } from '../src/compare/document.js';
import { median } from '../src/stats/median.js';
import { proportionText } from '../src/stats/proportion.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = join(root, 'dist', 'src', 'cli', 'main.js');
const single = new URL('../strategies/single.js', import.meta.url).href;
const dataFile = join(root, 'results', 'false-alarms.jsonl');
const reportFile = join(root, 'results', 'published', 'false-alarms.md');

/** What the candidate is slowed down by, as a share of the time that a cycle takes of the process. */
const studies = { 'A/A': 0, 'A/B 5 %': 0.05, 'A/B 10 %': 0.1 } as const;
type Study = keyof typeof studies;

interface Trial {
  readonly study: Study;
  readonly budget: string;
  readonly seed: number;
  /** Of which the candidate spins for a share. */
  readonly cycleUs: number;
  readonly verdict: OverallVerdict;
  readonly generations: number;
  readonly throughput: number | null;
  readonly p50: number | null;
  /** Share of the time in which something waited for a core, in the middle of its generations; null where the system does not tell. */
  readonly pressureRatio: number | null;
  readonly commit: string | null;
}

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '20' },
    budget: { type: 'string', default: '75s' },
    study: { type: 'string', default: Object.keys(studies).join(',') },
  },
});
const wanted = Number(values.trials);
if (!Number.isInteger(wanted) || wanted < 1) throw new Error(`--trials: got ${values.trials}, expected a whole number`);
const chosen = values.study.split(',').map((text) => {
  if (Object.hasOwn(studies, text)) return text as Study;
  throw new Error(`--study: got ${text}, expected some of: ${Object.keys(studies).join(',')}`);
});

function stored(): Trial[] {
  if (!existsSync(dataFile)) return [];
  const lines = readFileSync(dataFile, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Trial);
}

function compare(args: readonly string[], cwd: string): Promise<CompareDocument> {
  const child = spawn(process.execPath, [program, 'compare', '--format', 'json', '--quiet', ...args], {
    cwd,
    // A trial is no report for the page of a job.
    env: { ...process.env, GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  return new Promise((resolve, reject) =>
    child.on('close', (code) => {
      if (out === '' || code === 130) reject(new Error(`bench compare ended with ${code}`));
      else resolve(JSON.parse(out) as CompareDocument);
    }),
  );
}

/** A copy of `single` that spins for so long before each acquire. */
function writeSlowed(folder: string, busyUs: number): void {
  const source = `import single from '${single}';
export default { ...single, name: 'slowed', async open(...given) {
  const session = await single.open(...given);
  const acquire = session.acquire.bind(session);
  session.acquire = (key, request) => {
    const untilNs = process.hrtime.bigint() + ${Math.round(busyUs * 1000)}n;
    while (process.hrtime.bigint() < untilNs);
    return acquire(key, request);
  };
  return session;
} };
`;
  writeFileSync(join(folder, 'slowed.mjs'), source);
}

async function trial(study: Study, folder: string, cycleUs: number): Promise<Trial> {
  const share = studies[study];
  if (share > 0) writeSlowed(folder, share * cycleUs);
  const seed = freshSeed();
  const candidate = share > 0 ? './slowed.mjs' : 'single';
  const document = await compare(
    ['--baseline', 'single', '--candidate', candidate, '--budget', values.budget, '--seed', String(seed)],
    folder,
  );
  const change = (name: string): number | null =>
    document.metrics.find((one) => one.name === name)?.change?.estimate ?? null;
  return {
    study,
    budget: values.budget,
    seed,
    cycleUs,
    verdict: document.verdict,
    generations: document.generations.length,
    throughput: change('throughput'),
    p50: change('cycleP50'),
    pressureRatio: document.noise.pressureRatio,
    commit: document.environment.commit,
  };
}

/**
 * What the process itself has to do for one cycle: the fastest of all slices comes nearest to it, for under load a cycle takes
 * longer by what others do. A study that was begun goes on with what it was begun with.
 */
async function cycleUsOf(folder: string, before: readonly Trial[]): Promise<number> {
  if (before.length > 0) return before[0].cycleUs;
  const { generations } = await compare(['--baseline', 'single', '--candidate', 'single', '--budget', '15s'], folder);
  const slices = generations.flatMap(({ pairs }) => pairs.flatMap(({ baseline, candidate }) => [baseline, candidate]));
  return 1000 / Math.max(...slices.map(({ cycles, windowMs }) => cycles / windowMs));
}

interface Cell {
  readonly study: Study;
  readonly budget: string;
  readonly all: readonly Trial[];
}

function row({ study, budget, all }: Cell): string {
  const valid = all.filter(({ verdict }) => verdict !== 'invalid');
  const count = (verdict: OverallVerdict): string =>
    proportionText(valid.filter((one) => one.verdict === verdict).length, valid.length);
  const percent = (values: readonly number[]): string =>
    values.length === 0 ? '-' : `${(median(values) * 100).toFixed(1)} %`;
  return `| ${[
    study,
    budget,
    all.length,
    all.length - valid.length,
    ...(['regression', 'improvement', 'equivalent', 'inconclusive'] as const).map(count),
    percent(valid.flatMap(({ p50 }) => p50 ?? [])),
    percent(all.flatMap(({ pressureRatio }) => pressureRatio ?? [])),
  ].join(' | ')} |`;
}

function report(trials: readonly Trial[]): string {
  const budgets = [...new Set(trials.map(({ budget }) => budget))];
  const cells = (Object.keys(studies) as Study[])
    .flatMap((study) =>
      budgets.map((budget) => ({
        study,
        budget,
        all: trials.filter((one) => one.study === study && one.budget === budget),
      })),
    )
    .filter(({ all }) => all.length > 0);
  const commits = [...new Set(trials.map(({ commit }) => commit ?? 'unknown'))];
  return `# How often \`bench compare\` is wrong

\`single\` against itself (A/A), and against copies of itself that spin for 5 and 10 % of the time that a cycle takes. Of the
A/A comparisons every regression is a false alarm; of the A/B ones every regression is one found. In brackets the 95 % interval
of the share (Wilson; where nothing was seen, 3/n as the upper bound). Invalid runs, on a machine too noisy, have no verdict and
are left out of the shares. The machine was not calibrated, so a change counted from 5 %.

| study | budget | comparisons | invalid | regression | improvement | equivalent | inconclusive | p50 changed by, median | something waited for a core, median |
|${' --- |'.repeat(10)}
${cells.map(row).join('\n')}

Made on ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.version}, commit ${commits.join(', ')}, with:

\`\`\`sh
${cells.map(({ study, budget, all }) => `npm run bench:false-alarms -- --study '${study}' --trials ${all.length} --budget ${budget}`).join('\n')}
\`\`\`
`;
}

const folder = mkdtempSync(join(tmpdir(), 'bench-false-alarms-'));
try {
  mkdirSync(join(root, 'results', 'published'), { recursive: true });
  const left = (study: Study): number =>
    wanted - stored().filter((one) => one.study === study && one.budget === values.budget).length;
  const cycleUs = chosen.some((study) => left(study) > 0) ? await cycleUsOf(folder, stored()) : 0;
  // By turns, so that an hour with a noisy neighbour falls on all of them.
  while (chosen.some((study) => left(study) > 0)) {
    for (const study of chosen.filter((one) => left(one) > 0)) {
      const one = await trial(study, folder, cycleUs);
      appendFileSync(dataFile, `${JSON.stringify(one)}\n`);
      process.stderr.write(`${study}: ${one.verdict}; ${left(study)} left\n`);
    }
  }
  writeFileSync(reportFile, report(stored()));
  process.stdout.write(report(stored()));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
