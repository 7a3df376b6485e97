/** The contenders of a side on a made-up session: what is counted, what is seen, and that nothing is left afterwards. */
import { describe, expect, it } from 'vitest';
import type { AcquireOutcome, LockSession, ReleaseOutcome } from '../contract/index.js';
import { nowMs, yieldTurn } from '../base/clock.js';
import { Lease } from '../kit/lease.js';
import { ClosedLoop, type LoopFigures } from './closed-loop.js';
import type { SideSpec } from './protocol.js';
import { plan, side } from './testing.js';

const meter = { commands: 0, roundTrips: 0 };

interface Wanted {
  readonly ttlMs?: number;
  acquire?(key: string): Promise<AcquireOutcome>;
  quiesce?(): Promise<void>;
}

/** Grants everything to everybody, in a turn of the event loop. */
function session({ ttlMs = 1000, acquire, quiesce }: Wanted): LockSession {
  return {
    acquire:
      acquire ??
      (async (key) => {
        meter.commands += 1;
        await yieldTurn();
        const startMs = nowMs();
        const grant = new Lease(key, 'token', startMs + ttlMs, startMs);
        return { kind: 'granted', grant, tries: 1, roundMs: 0.1, decidedMs: startMs };
      }),
    release: () => Promise.resolve<ReleaseOutcome>({ kind: 'released' }),
    quiesce: quiesce ?? (() => Promise.resolve()),
    backlog: () => ({ pending: 0, peak: 0, dropped: 0 }),
    close: () => Promise.resolve(),
  };
}

function run(wanted: Wanted, key: (id: number) => number, more: Partial<SideSpec> = {}): Promise<LoopFigures> {
  const { contenders, keyChoice, ttlMs, holdMs, thinkMs, waitMs, seed } = plan;
  const given = { contenders, keyChoice, ttlMs, holdMs, thinkMs, waitMs, seed };
  const spec: SideSpec = { ...given, strategy: side, endpoints: [], keyPrefix: 'k', keys: null, stream: '', ...more };
  const nextKey = Array.from({ length: spec.contenders }, (_, id) => () => key(id));
  return new ClosedLoop({ session: session(wanted), meter, spec, nextKey }).run({
    sliceMs: 260,
    discardMs: 20,
    kept: true,
  });
}

describe('a slice', () => {
  it('counts cycles of its window, and commands of all of it', async () => {
    const figures = await run({}, (id) => id);
    expect(figures.cycles).toBeGreaterThan(5);
    expect(figures.grants).toBeGreaterThan(figures.cycles);
    expect(figures).toMatchObject({ windowMs: 240, commands: figures.grants, violations: 0, errors: {}, unsettled: 0 });
    expect(figures.cycleP50Us).toBeGreaterThan(0);
  });

  it('sees two holders of one key, and does not take an overstay for them', async () => {
    expect((await run({}, () => 0)).violations).toBeGreaterThan(3);
    expect((await run({ ttlMs: 0.0001 }, () => 0, { holdMs: 2 })).violations).toBe(0);
  });

  it('ends though a design refuses at once or throws, and tells it', async () => {
    const refused = await run({ acquire: () => Promise.resolve({ kind: 'refused', why: 'busy', tries: 1 }) }, () => 0);
    expect(refused).toMatchObject({ cycles: 0, cycleP50Us: null, errors: {} });
    expect(refused.refused).toBeGreaterThan(0);
    const threw = await run({ acquire: () => Promise.reject(new TypeError('no')) }, () => 0);
    expect(threw.errors['TypeError']).toBeGreaterThan(0);
  });

  it('waits for stragglers, for so long', async () => {
    const startMs = nowMs();
    await run({ quiesce: () => new Promise(() => {}) }, (id) => id);
    expect(nowMs() - startMs).toBeGreaterThan(2000);
    expect(nowMs() - startMs).toBeLessThan(5000);
  });
});
