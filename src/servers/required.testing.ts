/**
 * Which tests on real servers run here. Where an engine is missing they are skipped by name; where LOCKBENCH_REQUIRE_ENGINES names
 * it ("etcd,postgres,zookeeper") they run all the same, and fail for the reason that there is none.
 */

const skippable = ['etcd', 'postgres', 'zookeeper'] as const;
type Skippable = (typeof skippable)[number];

export const variable = 'LOCKBENCH_REQUIRE_ENGINES';

/** Throws when it names something else, for then nothing would be required. */
export function required(text: string): readonly Skippable[] {
  const names = text.split(',').flatMap((name) => name.trim() || []);
  const known = skippable.filter((name) => names.includes(name));
  const unknown = names.filter((name) => !skippable.some((one) => one === name));
  if (unknown.length > 0) throw new Error(`${variable} names ${unknown.join(', ')}, not only ${skippable.join(', ')}`);
  return known;
}

export interface Runs {
  readonly runs: boolean;
  /** Behind the name of a suite. */
  readonly skipped: string;
}

/** `reason` tells where `engine` was looked for in vain; null when it is here. */
export function runsOn(engine: Skippable, reason: string | null, text = process.env[variable] ?? ''): Runs {
  const runs = required(text).includes(engine) || reason === null;
  return { runs, skipped: runs ? '' : ` (skipped: ${reason})` };
}
