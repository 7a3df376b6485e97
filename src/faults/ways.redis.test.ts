/** Every fault of clients, of the ways to servers, and of replication: it strikes, it shows, it is healed, and nothing is left. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../contract/index.js';
import { listPlugins } from '../base/plugins.js';
import { clientsUnder, expectedUnder } from './expected.testing.js';
import { expectCase, leftBehind } from './testing.js';

const faults = await listPlugins<Fault>('fault');

afterEach(async () => expect(await leftBehind()).toEqual([]));

describe.each(faults.filter(({ hits }) => hits !== 'servers').map(({ name }) => name))(
  '%s',
  { timeout: 30_000 },
  (name) => {
    for (const one of expectedUnder[name])
      it.each(clientsUnder(name, one))(`${one.says} (%s)`, (client) => expectCase(name, one, client));
  },
);
