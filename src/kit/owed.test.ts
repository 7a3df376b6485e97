import { describe, expect, it } from 'vitest';
import { after, delay } from '../base/clock.js';
import type { Failure, StrategyEnv } from '../contract/index.js';
import { Owed } from './owed.js';

const env = { after } as unknown as StrategyEnv;
const late: Failure = { code: 'TIMEOUT', fate: 'maybe-executed', message: 'late' };
const down: Failure = { code: 'DOWN', fate: 'not-executed', message: 'down' };

/** Fails so often, and then does not. */
function failing(times: number, failure: Failure): { readonly deed: () => Promise<Failure | null>; asked(): number } {
  let asked = 0;
  return { deed: () => Promise.resolve((asked += 1) > times ? null : failure), asked: () => asked };
}

describe('what is owed', () => {
  it('is done at once where that goes well', async () => {
    const owed = new Owed(env);
    expect(await owed.now(failing(0, late).deed)).toBeNull();
    expect(owed.backlog()).toEqual({ pending: 0, peak: 1, dropped: 0 });
  });

  it('is tried again until it is done, and waited for', async () => {
    const owed = new Owed(env);
    const [one, other] = [failing(2, late), failing(1, late)];
    expect(await Promise.all([owed.now(one.deed), owed.now(other.deed)])).toEqual([late, late]);
    expect(owed.backlog()).toEqual({ pending: 2, peak: 2, dropped: 0 });
    await owed.quiesce();
    expect([one.asked(), other.asked()]).toEqual([3, 2]);
    expect(owed.backlog().pending).toBe(0);
  });

  it('is not waited for where nobody is there to be told', async () => {
    const owed = new Owed(env);
    await owed.now(failing(Infinity, down).deed);
    await owed.quiesce();
    expect(owed.backlog().pending).toBe(1);
    owed.close();
  });

  it('is bounded: the oldest is given up', async () => {
    const owed = new Owed(env);
    await Promise.all(Array.from({ length: 10_001 }, () => owed.now(() => Promise.resolve(late))));
    expect(owed.backlog()).toMatchObject({ pending: 10_000, dropped: 1 });
    owed.close();
  });

  it('is forgotten when it is closed', async () => {
    const owed = new Owed(env);
    const { deed, asked } = failing(Infinity, late);
    await owed.now(deed);
    const quiet = owed.quiesce();
    owed.close();
    await quiet;
    await delay(120);
    expect(asked()).toBe(1);
  });
});
