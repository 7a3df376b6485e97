/** The harness itself is interrupted, killed or stopped in the middle of a fault: nothing is left, and nothing is made up. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Result } from '../contract/index.js';
import { delay } from '../base/clock.js';
import { bench, processesIn, removeRooms, type Running } from './testing.js';

afterAll(removeRooms);

const goneLimitMs = 8000;
const lookMs = 50;
const common = ['--workers', '2', '--contenders', '2', '--warmup', '100ms', '--ttl', '400ms', '--format', 'json'];

/** Beside those in its folder the guardian, which stands in none. */
function leftOf({ room }: Running): number[] {
  const named = readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(room);
    } catch {
      return false;
    }
  });
  return [...new Set([...processesIn(room), ...named.map(Number)])];
}

async function expectNothingLeft(running: Running): Promise<void> {
  for (let waitedMs = 0; waitedMs < goneLimitMs && leftOf(running).length > 0; waitedMs += lookMs) await delay(lookMs);
  expect(leftOf(running)).toEqual([]);
}

async function inTheMiddle(fault: string, ...more: string[]): Promise<Running> {
  const running = bench([...common, '--fault', fault, ...more]);
  await running.says(`fault ${fault.split(/[:@,+]/)[0]}`);
  await delay(300);
  return running;
}

describe.each(['freeze:2@300ms', 'kill:2@300ms', 'cut:2@300ms', 'pause-holder+5s', 'clock-drift@300ms'])(
  'in the middle of %s',
  { timeout: 60_000 },
  (fault) => {
    const processes = ['--duration', '60s', '--isolate', 'process', '--workload', 'counter'];

    it('Ctrl-C keeps what was measured, SIGKILL leaves nothing running, and neither does the other', async () => {
      const [stopped, killed] = await Promise.all([inTheMiddle(fault, ...processes), inTheMiddle(fault, ...processes)]);
      // Five servers, two workers, the resource and the program.
      expect(leftOf(killed).length).toBeGreaterThanOrEqual(7);
      stopped.kill('SIGINT');
      killed.kill('SIGKILL');
      await expectNothingLeft(killed);
      const { code, out } = await stopped.ended;
      expect(code).toBe(130);
      const { partial, runs } = JSON.parse(out) as Result;
      expect(partial).toBe(true);
      expect(runs[0].grants).toBeGreaterThan(0);
      expect(runs[0].faults).toHaveLength(1);
      await expectNothingLeft(stopped);
    });
  },
);

describe('a harness that was stopped itself', { timeout: 60_000 }, () => {
  it('goes on, ends by itself, and calls the run invalid', async () => {
    const running = await inTheMiddle('cut:2@300ms', '--duration', '2s');
    running.kill('SIGSTOP');
    await delay(3000);
    running.kill('SIGCONT');
    const { code, out } = await running.ended;
    expect([5, 6]).toContain(code);
    const assumptions = (JSON.parse(out) as Result).runs[0].verdicts.find(({ check }) => check === 'assumptions');
    expect(assumptions?.verdict).toBe('fail');
    expect(assumptions?.evidence.join()).toContain('stood still');
    await expectNothingLeft(running);
  });
});
