/** What runs in the other process: one client, one order after the other. It ends with whoever started it. */
import { openClient } from './client.js';
import { loadStrategy } from '../base/plugins.js';
import type { HolderAnswer, HolderOrder, HolderSpec } from './holder.js';
import { contend } from './steps.js';
import type { Client } from './types.js';

let client: Client | null = null;

async function open({ contestant, endpoints, number }: HolderSpec): Promise<HolderAnswer> {
  const strategy = await loadStrategy(contestant);
  const { options } = contestant;
  client = await openClient({ strategy, contestant, endpoints, options, name: `process ${number}` });
  return { kind: 'opened' };
}

async function obey(order: HolderOrder): Promise<HolderAnswer> {
  switch (order.kind) {
    case 'open':
      return open(order.spec);
    case 'hold': {
      const { validUntilMs } = await client!.hold(order.key, { ttlMs: order.ttlMs });
      return { kind: 'held', validUntilMs };
    }
    case 'contend':
      return { kind: 'contended', intervals: await contend(client!, order.contention) };
  }
}

process.on('message', (order: HolderOrder) => {
  void obey(order)
    .catch((error: unknown): HolderAnswer => {
      return { kind: 'violation', evidence: error instanceof Error ? error.message : String(error) };
    })
    .then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
