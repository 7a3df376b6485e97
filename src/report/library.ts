/** What a contestant talked to its servers with: a Redis client, or the library of another engine. */
import type { RunResult } from '../contract/index.js';

export function libraryOf({ client, clientOptions, engine }: RunResult): string {
  if (client !== null) return client;
  const { library } = clientOptions;
  return typeof library === 'string' ? library : engine;
}
