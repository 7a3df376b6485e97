/** Designs on PostgreSQL on a real one: each behaviour that they claim is a test. */
import { describe, expect, it } from 'vitest';
import { conform } from '../src/conform/conform.js';
import { listCases, type Contestant } from '../src/conform/contestant.js';
import { openCatalogue } from '../src/plan/catalogue.js';
import { resolvePlan } from '../src/plan/resolve.js';
import { runsPostgres, skipped } from '../src/servers/postgres.testing.js';

const cases = await listCases();

async function results(contestants: readonly Contestant[]): ReturnType<typeof conform> {
  return conform({
    contestants,
    cases: ({ claims }) =>
      cases.filter((one) => one.claims.every((claim) => claims[claim] !== false && claims[claim] !== 0)),
    servers: 'auto',
    image: '',
    signal: new AbortController().signal,
    onResult: () => {},
  });
}

const { strategies } = resolvePlan({ strategy: 'postgres,postgres@waiting=poll' }, await openCatalogue(), [], 0);
const found = runsPostgres ? (await results(strategies)).results : [];

describe.each(found.map((result) => [result.strategy, result] as const))('%s', (_, result) => {
  const asked = result.cases.filter(({ verdict }) => verdict !== 'not-applicable');
  it('is asked most of what there is to ask', () => expect(asked.length).toBeGreaterThan(30));
  it.each(asked.map((one) => [one.behaviour, one] as const))('%s', (__, one) => {
    expect(one.verdict, `${one.case}: ${one.evidence}`).toBe('pass');
  });
});

describe.skipIf(!runsPostgres)(`postgres${skipped}`, () => {
  it('has no Redis client, and its lease ends with the session', () => {
    expect(strategies[0]).toMatchObject({
      engine: 'postgres',
      client: null,
      topology: { kind: 'single', nodes: 1 },
      claims: { exclusion: true, lease: 'session', volatile: true },
    });
  });
});
