import { describe, expect, it } from 'vitest';
import { resourceOps, type Fencing } from '../contract/index.js';
import { Ledger, type Operation } from './ledger.js';

const base = { key: 0, contender: 1, grant: 0, item: 0, value: 0, fence: -1n };
const read = (more: Partial<Operation> = {}): Operation => ({ ...base, write: false, ...more });
const write = (value: number, more: Partial<Operation> = {}): Operation => ({ ...base, write: true, value, ...more });
const run = (fencing: Fencing, operations: readonly Operation[]): number[] => {
  const ledger = new Ledger(fencing);
  return operations.map((operation) => ledger.apply(operation).op);
};
const ops = resourceOps;

describe('the ledger', () => {
  it('keeps the items of each key apart, 0 at first', () => {
    const ledger = new Ledger('off');
    ledger.apply(write(5));
    ledger.apply(write(6, { item: 7 }));
    const found = [read(), read({ item: 7 }), read({ item: 8 }), read({ key: 1 })].map(
      (one) => ledger.apply(one).value,
    );
    expect(found).toEqual([5, 6, 0, 0]);
  });

  it('refuses nothing without fencing', () => {
    expect(run('off', [write(1, { fence: 9n }), write(2, { fence: 3n }), read({ fence: 1n })])).toEqual([
      ops.write,
      ops.write,
      ops.read,
    ]);
  });

  it('refuses a write with a token lower than one that wrote; an equal one is fine', () => {
    const steps = [write(1, { fence: 5n }), write(2, { fence: 5n }), write(3, { fence: 4n }), read({ fence: 1n })];
    expect(run('writes', steps)).toEqual([ops.write, ops.write, ops.refusedWrite, ops.read]);
  });

  it('with fencing of writes alone lets a delayed write in between a newer holder’s read and write', () => {
    const steps = [read({ fence: 33n }), read({ fence: 34n }), write(1, { fence: 33n }), write(1, { fence: 34n })];
    expect(run('writes', steps)).toEqual([ops.read, ops.read, ops.write, ops.write]);
    expect(run('reads+writes', steps)).toEqual([ops.read, ops.read, ops.refusedWrite, ops.write]);
  });

  it('refuses old reads where reads show their tokens, and changes nothing when it refuses', () => {
    const ledger = new Ledger('reads+writes');
    ledger.apply(write(7, { fence: 2n }));
    expect(ledger.apply(read({ fence: 1n }))).toEqual({ op: ops.refusedRead, value: NaN });
    expect(ledger.apply(write(9, { fence: 1n }))).toEqual({ op: ops.refusedWrite, value: NaN });
    expect(ledger.apply(read({ fence: 2n })).value).toBe(7);
  });

  it('holds the tokens of keys apart, and one who has none to be the lowest', () => {
    expect(run('writes', [write(1, { fence: 5n }), write(1, { key: 1, fence: 1n }), write(2)])).toEqual([
      ops.write,
      ops.write,
      ops.refusedWrite,
    ]);
  });
});
