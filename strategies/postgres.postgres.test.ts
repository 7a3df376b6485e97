/** Designs on PostgreSQL on a real one: each behaviour that they claim is a test. */
import { describe, expect, it } from 'vitest';
import { openCatalogue } from '../src/plan/catalogue.js';
import { resolvePlan } from '../src/plan/resolve.js';
import { runsPostgres, skipped } from '../src/servers/postgres.testing.js';
import { testClaims } from './claims.testing.js';

const { strategies } = resolvePlan({ strategy: 'postgres,postgres@waiting=poll' }, await openCatalogue(), [], 0);
if (runsPostgres) await testClaims(strategies, 30);

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
