/** How a holder keeps its lease alive: each extension counted, recorded and put into its row. */
import { rowFlags, type Grant } from '../contract/index.js';
import { after, nowMs, nowNs } from '../base/clock.js';
import { keepAlive } from '../kit/keep-alive.js';
import type { Row } from '../record/chunks.js';
import { at } from '../record/counters.js';
import { recordNs } from '../record/histogram.js';
import type { Shop } from './shop.js';

export interface Holding {
  readonly contender: number;
  readonly key: number;
  readonly grant: Grant;
  readonly measured: boolean;
  readonly row: Row;
}

/** Returns the way to stop, which tells whether the lease was extended at all. */
export function keepExtending(shop: Shop, holding: Holding, everyMs: number): () => Promise<boolean> {
  const { session, plan, cells, columns, tally, triggers, recorder, maxExtensions } = shop;
  const { contender, key, grant, measured, row } = holding;
  const { ttlMs } = plan;
  return keepAlive(
    session,
    grant,
    { ttlMs, everyMs, maxExtensions },
    { nowMs, after },
    {
      onSent: () => {
        if (triggers.active) triggers.sent('extend-sent', holding);
      },
      onAnswer: (outcome, tookMs) => {
        if (measured) recordNs(columns.histograms.extend, tookMs * 1e6);
        tally.count(outcome?.kind === 'extended' ? at.extended : at.extendFailed, measured);
        if (outcome?.kind === 'extended') cells.extend(key, contender, outcome.validUntilMs * 1e6);
        if (outcome?.kind === 'lost') row.flags |= rowFlags.lost;
        recorder?.step(nowNs(), String(key), grant.token, extensionWords[outcome?.kind ?? 'error']);
      },
      onOver: () => {
        row.flags |= rowFlags.lost;
        recorder?.step(nowNs(), String(key), grant.token, 'lease over');
      },
      onError: (error) => tally.error(error, null, measured),
    },
  );
}

const extensionWords = {
  extended: 'extended',
  lost: 'extension: lost',
  unknown: 'extension: unknown',
  refused: 'extension: refused',
  error: 'extension: error',
} as const;
