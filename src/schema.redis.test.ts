/** The JSON that the program prints, held against the schemas that it publishes. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { bench, emptyRoom, removeRooms, runFolders } from './cli/testing.js';
import type { CompareDocument } from './compare/document.js';
import { documentOf, generationsOf, still } from './compare/testing.js';
import { result, run, stormy } from './report/fixtures.js';

const folder = fileURLToPath(new URL('../../results/schema/', import.meta.url));
const short = ['--duration', '500ms', '--warmup', '50ms'];
const validators = new Map<string, ValidateFunction>();

afterAll(removeRooms);

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly required?: readonly string[];
  readonly type?: unknown;
  readonly $id?: string;
}

function read(name: string): Schema {
  return JSON.parse(readFileSync(join(folder, `${name}.schema.json`), 'utf8')) as Schema;
}

function problems(name: string, document: unknown): unknown {
  const known =
    validators.get(name) ?? new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(read(name));
  validators.set(name, known);
  return known(document) ? [] : known.errors;
}

function objectsIn(schema: unknown): Schema[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return ['properties' in schema ? [schema as Schema] : [], ...Object.values(schema).map(objectsIn)].flat();
}

async function printed(args: readonly string[]): Promise<unknown> {
  const ended = await bench(args).ended;
  expect(ended.out, ended.err).not.toBe('');
  return JSON.parse(ended.out);
}

describe('the schemas', () => {
  it.each(readdirSync(folder))('%s are strict, and name no host', (file) => {
    const schema = read(file.replace('.schema.json', ''));
    expect(schema.$id).toMatch(/^urn:lockbench:schema:[a-z]+:1$/);
    for (const one of objectsIn(schema)) {
      if (one.type !== 'object') continue;
      expect(one.additionalProperties).toBe(false);
      expect(Object.keys(one.properties!)).toEqual(expect.arrayContaining([...one.required!]));
    }
  });

  it('take a result under faults, and refuse a field too many, one too few and one of another kind', () => {
    const good = result([run('single')]);
    expect(problems('summary', JSON.parse(JSON.stringify(stormy())))).toEqual([]);
    expect(problems('summary', { ...good, more: 1 })).not.toEqual([]);
    expect(problems('summary', { ...good, seed: undefined })).not.toEqual([]);
    expect(problems('summary', { ...good, runs: [{ ...run('single'), grants: '3' }] })).not.toEqual([]);
  });
});

describe('the schema of comparisons', () => {
  const slower = generationsOf({ ...still, effect: 0.4 }, 1);
  const regression = documentOf(slower, { confirming: generationsOf({ ...still, effect: 0.4 }, 2) });
  const short = generationsOf({ ...still, generations: 8 }, 1);

  it.each<[string, CompareDocument]>([
    ['regression', regression],
    ['inconclusive', documentOf(short.toSpliced(7, 1, { ...short[7], totals: null }), { interrupted: true })],
    ['invalid', documentOf(short.slice(0, 2), { failure: 'the process of the candidate was lost' })],
    ['invalid', documentOf([], { interrupted: true })],
    ['equivalent', documentOf(generationsOf(still, 1), { kind: 'calibrate' })],
  ])('takes one that is %s', (verdict, document) => {
    expect(document.verdict).toBe(verdict);
    expect(problems('compare', JSON.parse(JSON.stringify(document)))).toEqual([]);
  });

  it('refuses a field too many, one too few and one of another kind', () => {
    expect(problems('compare', { ...regression, more: 1 })).not.toEqual([]);
    expect(problems('compare', { ...regression, design: undefined })).not.toEqual([]);
    expect(problems('compare', { ...regression, generations: [{ ...slower[0], pairs: [1] }] })).not.toEqual([]);
    expect(problems('compare', { ...regression, verdict: 'slower' })).not.toEqual([]);
  });
});

describe('what is printed', { timeout: 60_000 }, () => {
  it('as a plan is as its schema says', async () => {
    const many =
      '--strategy single,redlock@quorum=all,failover --fault cut:1@100ms+100ms --latency 1ms --trials 2'.split(' ');
    const thresholds = [
      '--threshold',
      'redlock@quorum=all:acquire.p99<5ms',
      '--threshold',
      'violations==0',
      '--abort-on-fail',
    ];
    expect(problems('plan', await printed(['--dry-run']))).toEqual([]);
    expect(problems('plan', await printed([...many, ...thresholds, '--dry-run']))).toEqual([]);
    expect(
      problems('plan', await printed(['--rate', '10', '--operations', '5', '--extend-every', '1s', '--dry-run'])),
    ).toEqual([]);
  });

  it.each([
    [
      'contestants and thresholds',
      '--strategy none,single,setnx --repeat 2 --threshold acquire.p50<1s --threshold throughput>1',
    ],
    ['a rate', '--strategy single --rate 100 --keys 20 --workload counter'],
    ['faults', '--strategy redlock --fault pause-holder@granted+100ms --workload inventory --ttl 300ms --trials 2'],
  ])('of a run with %s is as its schema says', async (_, args) => {
    const options = args.split(' ');
    const duration = args.includes('--fault') ? [] : short;
    expect(problems('summary', await printed([...options, ...duration, '--format', 'json']))).toEqual([]);
  });

  it("lies in the run's folder as well", async () => {
    const { ended, room } = bench(['--strategy', 'single', ...short]);
    await ended;
    const [stored] = runFolders(room);
    for (const name of ['plan', 'summary'])
      expect(problems(name, JSON.parse(readFileSync(join(stored, `${name}.json`), 'utf8')))).toEqual([]);
  });

  it('by the conformance suite is as its schema says', async () => {
    const args = [
      'conform',
      '--strategy',
      'single,setnx',
      '--client',
      'ioredis',
      '--case',
      await someCases(),
      '--format',
      'json',
    ];
    expect(problems('conform', await printed(args))).toEqual([]);
  });
});

describe('what is printed of a comparison', { timeout: 60_000 }, () => {
  it('and stored of a calibration is as its schema says', async () => {
    const { ended, room } = bench('calibrate --strategy single --budget 10s --format json --quiet'.split(' '));
    const document = JSON.parse((await ended).out) as CompareDocument;
    expect(problems('compare', document)).toEqual([]);
    const stored = join(room, 'results', 'calibration.json');
    expect(existsSync(stored)).toBe(document.verdict !== 'invalid');
    if (existsSync(stored)) expect(problems('calibration', JSON.parse(readFileSync(stored, 'utf8')))).toEqual([]);
  });

  it('that is not valid is as its schema says', async () => {
    const room = emptyRoom();
    writeFileSync(join(room, 'tired.mjs'), tired);
    const args = 'compare --baseline ./tired.mjs --candidate setnx --budget 10s --format json --quiet'.split(' ');
    const { code, out, err } = await bench(args, { room }).ended;
    expect(code, err).toBe(6);
    const document = JSON.parse(out) as CompareDocument;
    expect([document.verdict, document.partial]).toEqual(['invalid', false]);
    expect(document.invalid).toContain('the baseline was granted nothing');
    expect(problems('compare', document)).toEqual([]);
  });

  it('that was interrupted is as its schema says', async () => {
    const running = bench('compare --baseline single --candidate setnx --format json'.split(' '));
    await running.says('generation 1 of');
    running.kill('SIGINT');
    await running.ended;
    const [stored] = runFolders(running.room);
    const document = JSON.parse(readFileSync(join(stored, 'compare.json'), 'utf8')) as CompareDocument;
    expect([document.partial, document.exitCode]).toEqual([true, 130]);
    expect(problems('compare', document)).toEqual([]);
  });
});

const single = new URL('../strategies/single.js', import.meta.url).href;
/** `single` as long as it is looked at how long a cycle takes; the processes after that are granted nothing. */
const tired = `import { existsSync, writeFileSync } from 'node:fs';
  import single from '${single}';
  export default { ...single, name: 'tired', async open(...given) {
    const seen = new URL('seen', import.meta.url);
    const session = await single.open(...given);
    if (existsSync(seen))
      session.acquire = () => new Promise((resolve) => setTimeout(resolve, 5, { kind: 'refused', why: 'busy' }));
    writeFileSync(seen, '');
    return session;
  } };`;

/** Of several verdicts. */
async function someCases(): Promise<string> {
  const { listCases } = await import('./conform/contestant.js');
  return (await listCases())
    .slice(0, 4)
    .map(({ name }) => name)
    .join(',');
}
