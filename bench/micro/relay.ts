/** What it costs to reach a server through a relay thread: one PING at a time, and as many as contenders would send. */
import { openNodes } from '../../src/clients/open.js';
import type { Lane } from '../../src/contract/index.js';
import { openRelayThread } from '../../src/relay/thread.js';
import type { ServerHost } from '../../src/servers/provision.js';
import { group } from './group.js';

export async function relay(host: ServerHost): Promise<void> {
  const servers = await host.provision({ kind: 'single', nodes: 1, replicas: 0 });
  const relays = await openRelayThread();
  const links = await relays.open([{ name: 'micro', upstream: servers.endpoints[0] }], 1);
  const endpoints = [servers.endpoints[0], links[0].endpoint];
  const sets = await Promise.all(
    endpoints.map((endpoint) =>
      openNodes('ioredis', [endpoint], { connectTimeoutMs: 1000, readyWaitMs: 3000, scripts: [] }),
    ),
  );
  const ping = (lane: Lane): Promise<void> =>
    new Promise((resolve, reject) => {
      lane.send({ name: 'PING', args: [] }, 1000, 0, (_, failure) =>
        failure === null ? resolve() : reject(new Error(failure.message)),
      );
    });
  for (const width of [1, 64]) {
    const [directNs, relayedNs] = await group(`PING, ${width} at a time, ioredis`, 1, (bench) => {
      for (const [i, name] of ['direct', 'through a relay thread'].entries()) {
        const lane = sets[i].nodes[0].shared;
        bench.add(name, async () => {
          await Promise.all(Array.from({ length: width }, () => ping(lane)));
        });
      }
    });
    const addedUs = (relayedNs - directNs) / 1000;
    process.stdout.write(`  the relay adds ${addedUs.toFixed(1)} us, ${(relayedNs / directNs).toFixed(2)}x\n`);
  }
  for (const set of sets) await set.close();
  await relays.close();
  await servers.stop();
}
