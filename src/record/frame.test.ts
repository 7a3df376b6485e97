import { describe, expect, it } from 'vitest';
import { latencyNames } from '../contract/index.js';
import { FrameSink, FrameSource, type Frame } from './frame.js';
import { recordNs } from './histogram.js';
import { allocateOwn, allocateShared, controlAt, controlOf, liveAt, workerColumns } from './shared.js';

const shape = { workers: 3, contenders: 2, keys: 1 };

function pair() {
  const own = allocateOwn(shape, 2);
  const ours = allocateShared(shape);
  const from = { columns: workerColumns(own.workers[2]), control: controlOf(own) };
  const to = { columns: workerColumns(ours.workers[2]), control: controlOf(ours) };
  const source = new FrameSource(from.columns, from.control);
  const sink = new FrameSink(to.columns, to.control);
  /** As it goes through the channel. */
  const carry = (frame: Frame): void => sink.put(structuredClone(frame));
  return { from, to, source, carry };
}

describe('frames', () => {
  it('bring counters and responses as they grow, and in the end everything', () => {
    const { from, to, source, carry } = pair();
    from.columns.all[0] = 3;
    from.columns.live[liveAt.pending] = 2;
    from.columns.grantsOf[1] = 5;
    from.control.words[controlAt.doubleGrants] = 4;
    for (const ns of [100, 5_000, 5_000]) recordNs(from.columns.histograms.response, ns);
    recordNs(from.columns.histograms.wait, 7_000);
    carry(source.next(1));
    expect(to.columns.histograms.response).toEqual(from.columns.histograms.response);
    expect(to.columns.histograms.wait.every((count) => count === 0)).toBe(true);
    from.columns.live[liveAt.pending] = 0;
    from.control.words[controlAt.doubleGrants] = 6;
    for (const ns of [9_000_000, 100]) recordNs(from.columns.histograms.response, ns);
    carry(source.next(2));
    expect(to.columns.histograms.response).toEqual(from.columns.histograms.response);
    expect(to.control.words[controlAt.doubleGrants]).toBe(6);
    recordNs(from.columns.histograms.release, 11);
    carry(source.last(3));
    for (const name of latencyNames) expect(to.columns.histograms[name]).toEqual(from.columns.histograms[name]);
    const { all, measured, live, grantsOf } = from.columns;
    expect(to.columns).toMatchObject({ all, measured, live, grantsOf });
  });

  it('that the last one has overtaken come to nothing, and so do those that never came', () => {
    const { from, to, source, carry } = pair();
    recordNs(from.columns.histograms.response, 100);
    source.next(1);
    const late = source.next(2);
    recordNs(from.columns.histograms.response, 300);
    from.columns.all[0] = 9;
    carry(source.last(3));
    carry(late);
    expect(to.columns.all[0]).toBe(9);
    expect(to.columns.histograms.response).toEqual(from.columns.histograms.response);
  });
});
