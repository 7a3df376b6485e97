import { describe, expect, it } from 'vitest';
import { fault, result, run } from './fixtures.js';
import { unheldWords } from './words-unheld.js';

const unheld = { key: 0, ms: 9_200, gaps: 3, shortestMs: 2_900, longestMs: 3_200, waiting: 6, leaseLongWaits: 11 };
const plan = { durationMs: 10_000, ttlMs: 3_000, contenders: 6, tries: 9_000, grants: 4, nodeFailures: [] };

describe('a lock that nobody held although somebody waited', () => {
  it('is told with what shows that keys of failed tries were in the way', () => {
    const [word] = unheldWords(result([run('a-lock', { ...plan, unheld })]));
    expect(word).toMatchObject({ level: 'warning' });
    expect(word!.text).toBe(
      'a-lock: nobody held key 0 for 92.0 % of the measured time, in 3 gaps of 2.90s to 3.20s, though all 6 contenders waited for it',
    );
    expect(word!.evidence).toEqual([
      '11 waits lasted as long as the lease of 3s, or longer',
      '9,000 tries for 4 grants in the sample: who waited kept asking, and was refused',
      'with nobody inside and no fault, only keys can have refused them that tries without success had left on the servers, ' +
        'their own among them: such a key is in the way until its lease is over',
    ]);
  });

  it('says so where who waited did not ask, or was never answered', () => {
    const [word] = unheldWords(result([run('a-lock', { ...plan, tries: 4, unheld })]));
    expect(word!.evidence!.at(-1)).toContain('nothing told them');
    const [hung] = unheldWords(result([run('a-lock', { ...plan, errors: { HUNG: 2 }, unheld })]));
    expect(hung!.evidence!.at(-1)).toBe('2 calls never settled: whoever waits in one does not ask any more');
  });

  it('goes by the commands where the waits have not ended, and so have told of no tries', () => {
    const none = { ...plan, tries: 0, grants: 0, unheld };
    const [asked] = unheldWords(result([run('a-lock', { ...none, commandsPerGrant: 545 })]));
    expect(asked!.evidence![1]).toBe('545 commands per grant: who waited kept asking, and was refused');
    const [silent] = unheldWords(result([run('a-lock', { ...none, commandsPerGrant: 3 })]));
    expect(silent!.evidence!.at(-1)).toContain('nothing told them');
  });

  it('is left to others where a fault explains it, and not told of a moment', () => {
    expect(unheldWords(result([run('a-lock', { ...plan, unheld, faults: [fault({})] })]))).toEqual([]);
    expect(unheldWords(result([run('a-lock', { ...plan, unheld: { ...unheld, ms: 900 } })]))).toEqual([]);
    expect(unheldWords(result([run('a-lock', { ...plan, unheld: null })]))).toEqual([]);
  });
});
