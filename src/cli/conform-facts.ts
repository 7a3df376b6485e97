/** What a document of conformance says of itself: the command that makes it, and the versions that it was made with. */
import { installedPackage, packageVersion } from '../base/packages.js';
import { listPlugins } from '../base/plugins.js';
import type { LockStrategy } from '../contract/index.js';
import type { Contestant } from '../conform/contestant.js';
import type { ConformDocument } from '../conform/results.js';
import type { RawOptions } from '../plan/catalogue.js';

/** What is ours has the program's version. */
const packageOf = { ioredis: 'ioredis', 'node-redis': 'redis', pipelined: null } as const;

export async function factsOf(
  given: RawOptions,
  cases: string | null,
  contestants: readonly Contestant[],
): Promise<Pick<ConformDocument, 'command' | 'versions'>> {
  // Where else it is written makes it no other document.
  const { report: _, ...telling } = given;
  const options = Object.entries({ ...telling, ...(cases === null ? {} : { case: cases }) });
  const known = await listPlugins<LockStrategy>('strategy');
  const libraries = contestants.flatMap(({ name }) => known.find((one) => one.name === name)?.library ?? []);
  const clients = contestants.flatMap(({ client }) => client ?? []);
  const versions: Record<string, string> = { lockbench: packageVersion(), node: process.version.slice(1) };
  for (const client of clients) {
    const { [client]: name } = packageOf;
    if (name !== null) versions[client] = installedPackage(name)?.version ?? 'unknown';
  }
  for (const library of libraries) versions[library] = installedPackage(library)?.version ?? 'unknown';
  return { command: ['bench conform', ...options.map(([name, value]) => `--${name} ${value}`)].join(' '), versions };
}
