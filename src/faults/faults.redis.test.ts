/** Every fault of servers on real ones: it strikes, it shows, it is healed, and nothing is left. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../contract/index.js';
import { listPlugins } from '../base/plugins.js';
import * as postgres from '../servers/postgres.testing.js';
import * as zookeeper from '../servers/zookeeper.testing.js';
import { clientsUnder, expectedUnder } from './expected.testing.js';
import { expectCase, leftBehind } from './testing.js';

const skipped = { postgres: postgres.skipped, zookeeper: zookeeper.skipped } as const;
const faults = await listPlugins<Fault>('fault');

afterEach(async () => expect(await leftBehind()).toEqual([]));

it('every fault is put to the test', () => {
  expect(Object.keys(expectedUnder).sort()).toEqual(faults.map(({ name }) => name).sort());
});

// Those of clients and of the ways to servers are in ways.redis.test.ts: two files run side by side.
describe.each(faults.filter(({ hits }) => hits === 'servers').map(({ name }) => name))(
  '%s',
  // What a fault makes possible happens in nearly every run, and not in all: who comes first is up to the machine.
  { timeout: 30_000, retry: 1 },
  (name) => {
    for (const one of expectedUnder[name]) {
      const missing = one.needs === undefined ? '' : skipped[one.needs];
      for (const client of clientsUnder(name, one)) {
        const on = client === null ? '' : ` (${client})`;
        it.skipIf(missing !== '')(`${one.says}${on}${missing}`, () => expectCase(name, one, client));
      }
    }
  },
);
