import { describe, expect, it } from 'vitest';
import { ExclusionCells, readConflicts } from './cell.js';
import { allocateShared, controlOf, windowAt } from './shared.js';

const ms = 1e6;

function cells(guarded = true) {
  const buffers = allocateShared({ workers: 1, contenders: 4, keys: 2 });
  controlOf(buffers).window[windowAt.originNs] = 1000 * ms;
  return { buffers, cells: new ExclusionCells(buffers, guarded) };
}

describe('exclusion cells', () => {
  it('see nothing when everybody leaves before the next enters', () => {
    const { buffers, cells: one } = cells();
    one.enter(0, 1, 1001 * ms, 1100 * ms);
    one.leave(0, 1);
    one.enter(0, 2, 1003 * ms, 1100 * ms);
    expect(readConflicts(buffers)).toEqual({ doubleGrants: 0, overstays: 0, conflicts: [] });
  });

  it('name both contenders when two with valid leases meet', () => {
    const { buffers, cells: one } = cells();
    one.enter(1, 1, 1001 * ms, 1100 * ms);
    one.enter(1, 2, 1050 * ms, 1150 * ms);
    expect(readConflicts(buffers)).toEqual({
      doubleGrants: 1,
      overstays: 0,
      conflicts: [{ key: 1, atNs: 1050 * ms, insideContender: 1, enteringContender: 2, insideValid: true }],
    });
  });

  it('tell an overstay from a double grant, and forgive a guarded holder that does nothing any more', () => {
    for (const guarded of [false, true]) {
      const { buffers, cells: one } = cells(guarded);
      one.enter(0, 1, 1001 * ms, 1100 * ms);
      one.enter(0, 2, 1101 * ms, 1200 * ms);
      expect(readConflicts(buffers)).toMatchObject({ doubleGrants: 0, overstays: guarded ? 0 : 1 });
    }
  });

  it('go by the extended lease', () => {
    const { buffers, cells: one } = cells();
    one.enter(0, 1, 1001 * ms, 1100 * ms);
    one.extend(0, 1, 1300 * ms);
    one.enter(0, 2, 1200 * ms, 1400 * ms);
    expect(readConflicts(buffers).doubleGrants).toBe(1);
  });

  it('count all conflicts and keep the first ones', () => {
    const { buffers, cells: one } = cells();
    for (let i = 0; i < 200; i += 1) one.enter(0, i % 2, 1001 * ms, 2000 * ms);
    const seen = readConflicts(buffers);
    expect(seen.doubleGrants).toBe(199);
    expect(seen.conflicts).toHaveLength(64);
  });
});
