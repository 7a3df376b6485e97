/** For tests: histories as a whole, and as chunks. */
import type { GrantHistory, GrantRows } from '../contract/index.js';
import type { ChunkSource } from './chunk-places.js';
import { grantColumns } from './grant-columns.js';
import { openGrants } from './grant-files.js';

export function allRows(grants: GrantHistory): GrantRows {
  const all = grantColumns(grants.count);
  let at = 0;
  for (const block of grants.blocks()) {
    const columns = Object.entries(block) as [keyof GrantRows, GrantRows[keyof GrantRows]][];
    for (const [name, column] of columns) if (typeof column !== 'number') (all[name] as typeof column).set(column, at);
    at += block.count;
  }
  return all;
}

export function readAll(sources: readonly ChunkSource[]): {
  readonly rows: GrantRows;
  readonly cut: readonly string[];
} {
  const { grants, cut } = openGrants(sources);
  return { rows: allRows(grants), cut };
}
