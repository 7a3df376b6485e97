/** A suite that cannot fail proves nothing: broken locks fail the case that fits, by name; impossible ones do not hang it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPluginFile } from '../base/plugins.js';
import type { LockStrategy, Topology } from '../contract/index.js';
import { conform } from './conform.js';
import { firstCase, listCases, type Contestant } from './contestant.js';
import type { CaseResult } from './results.js';

const suiteLimitMs = 120_000;

async function contestantOf(file: string, name: string): Promise<Contestant> {
  const strategy = await loadPluginFile<LockStrategy>('strategy', file);
  const options = Object.fromEntries(Object.entries(strategy.options).map(([key, field]) => [key, field.default]));
  const quorum = strategy.topology === 'quorum';
  const nodes = strategy.topology === 'none' ? 0 : quorum ? 5 : 1;
  const topology: Topology = { kind: strategy.topology, nodes, replicas: 0 };
  const judgement = strategy.judge(options, topology);
  if ('refused' in judgement) throw new Error(judgement.refused);
  const retry = { kind: 'fixed', minMs: 1, maxMs: 1, limit: null } as const;
  const { claims } = judgement;
  return { label: name, name, file, options, engine: strategy.engine, client: 'ioredis', topology, claims, retry };
}

/** Runs for each file the cases that are named for it; results by strategy, then by case. */
async function findings(
  wanted: ReadonlyMap<string, readonly string[]>,
  fileOf: (name: string) => string,
): Promise<ReadonlyMap<string, ReadonlyMap<string, CaseResult>>> {
  const known = await listCases();
  const contestants = await Promise.all([...wanted.keys()].map((name) => contestantOf(fileOf(name), name)));
  const document = await conform({
    contestants,
    cases: ({ name }) => known.filter((one) => wanted.get(name)?.includes(one.name)),
    servers: 'auto',
    image: 'redis:8-alpine',
    signal: new AbortController().signal,
    onResult: () => {},
  });
  return new Map(
    document.results.map(({ strategy, cases }) => [strategy, new Map(cases.map((one) => [one.case, one]))]),
  );
}

/** `drift-ignored` and `validity-from-message` are missing: they take clocks that run fast, and messages that come late. */
const mutants = new Map<string, readonly string[]>([
  ['release-without-owner', ['stale-release', 'second-release-leaves-the-next-holder-alone']],
  ['quorum-off-by-one', ['every-mask-of-occupied-servers', 'even-split-settles']],
  ['clock-not-reread', ['answer-after-the-lease-is-no-grant', 'slow-answers-are-no-grant']],
  ['validity-from-answer', ['validity-ends-before-the-key-does']],
  ['no-release-after-failure', ['failed-acquire-leaves-no-key', 'late-grant-leaves-no-key']],
  ['release-where-ok', ['lost-answer-leaves-no-key']],
  ['token-reused', ['split-vote-resolves', 'failed-acquire-leaves-no-key']],
  ['split-vote-hangs', ['even-split-settles']],
  ['no-expiry', ['expires-at-its-ttl', 'ttl-on-the-server-is-as-asked', 'killed-holder-does-not-hold-for-ever']],
  ['extend-without-owner', ['extend-leaves-the-next-holder-alone']],
  ['last-come-first', ['waiters-are-let-in-in-order', 'lease-that-runs-out-goes-to-the-first-in-line']],
  ['worker-local', ['refuses-a-held-lock', 'processes-exclude-each-other']],
]);

describe('broken locks', () => {
  let found: Awaited<ReturnType<typeof findings>>;
  beforeAll(async () => {
    found = await findings(mutants, (name) => fileURLToPath(new URL(`../check/mutants/${name}.js`, import.meta.url)));
  }, suiteLimitMs);

  it.each([...mutants].flatMap(([mutant, cases]) => cases.map((one) => [mutant, one] as const)))(
    '%s fails %s',
    (mutant, name) => expect(found.get(mutant)?.get(name)).toMatchObject({ fails: true }),
  );
});

const head = `const claims = { exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 };
const granted = (key, env, ttlMs) => ({ kind: 'granted', tries: 1, roundMs: 0,
  grant: { key, token: env.token(), validUntilMs: env.nowMs() + ttlMs, onLost: () => () => {} } });
const idle = { quiesce: async () => {}, backlog: () => ({ pending: 0, peak: 0, dropped: 0 }), close: async () => {},
  release: async () => ({ kind: 'released' }) };
const design = (name, acquire, more = {}) => ({ name, help: 'for the tests of conform', engine: 'redis', topology: 'single',
  options: {}, judge: () => ({ claims, ttl: { minMs: 1, maxMs: 1e6 } }),
  open: async (nodes, env) => ({ ...idle, acquire: (key, r) => acquire(key, r, env), ...more }) });
`;

/** File -> what it exports, the case that must fail, and what the evidence must say. */
const impossible = new Map<string, readonly [code: string, failing: string, evidence: RegExp]>([
  ['hangs', [`design('hangs', () => new Promise(() => {}))`, firstCase, /acquire has not settled after/]],
  ['throws', [`design('throws', () => { throw new Error('no lock today'); })`, firstCase, /no lock today/]],
  ['rejects', [`design('rejects', async () => { throw 7; })`, firstCase, /acquire threw 7/]],
  ['garbage', [`design('garbage', async () => ({ kind: 'granted' }))`, firstCase, /which is no object/]],
  ['no-promise', [`design('no-promise', () => 'yes')`, firstCase, /which is no promise/]],
  ['spins', [`design('spins', () => { for (;;); })`, firstCase, /event loop is blocked/]],
  ['exits', [`design('exits', () => process.exit(3))`, firstCase, /its process has ended \(exit code 3\)/]],
  [
    'throws-later',
    [
      `design('throws-later', async (key, r, env) => { env.after(0, () => { throw new Error('too late'); }); return granted(key, env, r.ttlMs); })`,
      firstCase,
      /threw outside of any call: too late/,
    ],
  ],
  [
    'grants-all',
    [`design('grants-all', async (key, r, env) => granted(key, env, r.ttlMs))`, 'refuses-a-held-lock', /was granted/],
  ],
  [
    'never-quiet',
    [
      `design('never-quiet', async (key, r, env) => granted(key, env, r.ttlMs), { quiesce: () => new Promise(() => {}), close: () => new Promise(() => {}) })`,
      'release-is-idempotent',
      /quiesce has not settled after/,
    ],
  ],
]);

describe('designs that break the contract itself', () => {
  let found: Awaited<ReturnType<typeof findings>>;
  const room = mkdtempSync(join(tmpdir(), 'conform-test-'));
  beforeAll(async () => {
    writeFileSync(join(room, 'package.json'), '{"type":"module"}');
    for (const [name, [code]] of impossible)
      writeFileSync(join(room, `${name}.js`), `${head}export default ${code};\n`);
    const wanted = new Map([...impossible].map(([name, [, failing]]) => [name, [failing, 'locks-are-independent']]));
    found = await findings(wanted, (name) => join(room, `${name}.js`));
  }, suiteLimitMs);
  afterAll(() => rmSync(room, { recursive: true }));

  it.each([...impossible.keys()])('are reported with evidence: %s', (name) => {
    const [, failing, evidence] = impossible.get(name)!;
    expect(found.get(name)?.get(failing)).toMatchObject({ verdict: 'fail', evidence: expect.stringMatching(evidence) });
    expect(found.get(name)?.size).toBe(2);
  });
});
