/** What runs in the other process: one client, one order after the other. It ends with whoever started it. */
import { nowMs, yieldTurn } from '../base/clock.js';
import { openClient } from './client.js';
import { strategyOf } from './contestant.js';
import type { HolderAnswer, HolderOrder, HolderSpec } from './holder.js';
import type { Client, Interval } from './types.js';

const contendWaitMs = 10_000;

let client: Client | null = null;

async function open({ contestant, endpoints, number }: HolderSpec): Promise<HolderAnswer> {
  const strategy = await strategyOf(contestant);
  const { client: library, options } = contestant;
  client = await openClient({ strategy, client: library, endpoints, options, name: `process ${number}` });
  return { kind: 'opened' };
}

async function contend(key: string, cycles: number): Promise<HolderAnswer> {
  const intervals: Interval[] = [];
  for (let i = 0; i < cycles; i += 1) {
    const grant = await client!.hold(key, { waitMs: contendWaitMs });
    const enterMs = nowMs();
    await yieldTurn();
    intervals.push({ enterMs, leaveMs: nowMs(), validUntilMs: grant.validUntilMs });
    await client!.release(grant);
  }
  return { kind: 'contended', intervals };
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
      return contend(order.key, order.cycles);
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
