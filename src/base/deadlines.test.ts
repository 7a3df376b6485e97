import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { delay, nowMs } from './clock.js';
import { Deadlines } from './deadlines.js';
import type { Expiring } from './deadlines.js';

class Entry implements Expiring {
  dueMs = 0;
  answered = false;
  expiredMs: number | null = null;
  constructor(
    private readonly log: string[],
    private readonly name: string,
  ) {}
  expire(): void {
    this.answered = true;
    this.expiredMs = nowMs();
    this.log.push(this.name);
  }
}

const patientMs = 10_000;

async function untilLogged(log: readonly string[], count: number): Promise<void> {
  const limitMs = nowMs() + patientMs;
  while (log.length < count && nowMs() < limitMs) await delay(2);
}

describe('deadlines', () => {
  test('expire in the order in which they are due, never early, each once', async () => {
    const deadlines = new Deadlines();
    const log: string[] = [];
    const entries = [80, 20, 50, 20.5, 20].map((ms) => {
      const entry = new Entry(log, String(ms));
      deadlines.add(entry, ms, nowMs());
      return entry;
    });
    await untilLogged(log, 5);
    expect(log).toEqual(['20', '20', '20.5', '50', '80']);
    for (const entry of entries) expect(entry.expiredMs).toBeGreaterThanOrEqual(entry.dueMs);
    deadlines.close();
  });

  test('do not expire when answered before', async () => {
    const deadlines = new Deadlines();
    const log: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Entry(log, name));
    for (const entry of [a!, b!, c!]) deadlines.add(entry, 30, nowMs());
    a!.answered = true;
    c!.answered = true;
    await untilLogged(log, 1);
    await delay(20);
    expect(log).toEqual(['b']);
    deadlines.close();
  });

  test('take entries while others expire, and after all have', async () => {
    const deadlines = new Deadlines();
    const log: string[] = [];
    const second = new Entry(log, 'second');
    const first = new (class extends Entry {
      override expire(): void {
        super.expire();
        deadlines.add(second, 10, nowMs());
      }
    })(log, 'first');
    deadlines.add(first, 10, nowMs());
    await untilLogged(log, 2);
    expect(log).toEqual(['first', 'second']);
    deadlines.add(new Entry(log, 'third'), 10, nowMs());
    await untilLogged(log, 3);
    expect(log).toEqual(['first', 'second', 'third']);
    deadlines.close();
  });

  test('never fire for an infinite timeout, late for a huge one, or at all after close', async () => {
    const deadlines = new Deadlines();
    const log: string[] = [];
    deadlines.add(new Entry(log, 'infinite'), Infinity, nowMs());
    deadlines.add(new Entry(log, 'huge'), 2 ** 40, nowMs());
    deadlines.add(new Entry(log, 'closed'), 10, nowMs());
    deadlines.close();
    deadlines.add(new Entry(log, 'after'), 1, nowMs());
    await delay(50);
    expect(log).toEqual([]);
  });

  test('of a process that was held up do not beat what came in meanwhile', async () => {
    const deadlines = new Deadlines();
    const log: string[] = [];
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [far] = (await once(server, 'connection')) as [Socket];
    const entry = new Entry(log, 'timeout');
    const answered = once(far, 'data').then(() => {
      log.push('answer');
      entry.answered = true;
    });
    deadlines.add(entry, 5, nowMs());
    near.write('answer');
    const heldUntilMs = nowMs() + 60;
    while (nowMs() < heldUntilMs);
    await answered;
    await delay(20);
    expect(log).toEqual(['answer']);
    near.destroy();
    server.close();
    deadlines.close();
  });
});
