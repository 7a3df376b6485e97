/** The JSON that the program prints, held against the schemas that it publishes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { bench, removeRooms, runFolders } from './cli/testing.js';
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

/** Of several verdicts. */
async function someCases(): Promise<string> {
  const { listCases } = await import('./conform/contestant.js');
  return (await listCases())
    .slice(0, 4)
    .map(({ name }) => name)
    .join(',');
}
