/**
 * `npm run bench:micro [PART...]`: what the parts cost. Absolute times belong to this machine and this minute; the last column
 * sets each beside its table's first.
 */
import { exitCodes } from '../../src/contract/index.js';
import { openServers, type ServerHost } from '../../src/servers/provision.js';
import { locks } from './locks.js';
import { pacing } from './pacing.js';
import { planning } from './planning.js';
import { recording } from './recording.js';
import { relay } from './relay.js';
import { resp } from './resp.js';
import { waiting } from './waiting.js';

/** Those that need no server first. */
const parts: Readonly<Record<string, (host: () => Promise<ServerHost>) => Promise<void>>> = {
  recording,
  resp,
  waiting,
  pacing,
  planning,
  locks: async (host) => locks(await host()),
  relay: async (host) => relay(await host()),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  process.stderr.write(`bench:micro: no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}\n`);
  process.exit(exitCodes.usage);
}

const opened: Promise<ServerHost>[] = [];
const host = (): Promise<ServerHost> => {
  if (opened.length === 0)
    opened.push(
      openServers({
        kind: 'auto',
        image: 'redis:8-alpine',
        persistence: 'none',
        external: [],
        keyPrefix: 'micro:',
      }),
    );
  return opened[0];
};
try {
  for (const name of asked.length > 0 ? asked : Object.keys(parts)) await parts[name](host);
} finally {
  for (const one of opened) await (await one).close();
}
