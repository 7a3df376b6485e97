import type { NodeFailure } from '../contract/index.js';

/** Adds up what several workers or rounds counted. */
export function mergeNodeFailures(parts: readonly (readonly NodeFailure[])[]): NodeFailure[] {
  const merged = new Map<string, NodeFailure>();
  for (const one of parts.flat()) {
    const name = `${one.node} ${one.code}`;
    merged.set(name, { ...one, count: one.count + (merged.get(name)?.count ?? 0) });
  }
  return [...merged.values()];
}
