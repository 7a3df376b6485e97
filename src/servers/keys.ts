/** The keys of this run on one server: found by SCAN, which blocks nobody, and removed one batch at a time. Never FLUSH. */
import { nowMs } from '../base/clock.js';
import type { Admin } from '../clients/admin.js';
import { LockbenchError } from '../contract/index.js';

const batchSize = 1_000;
const scanLimitMs = 60_000;

/** As a pattern that matches exactly the keys which begin with `prefix`. */
export function patternFor(prefix: string): string {
  return `${prefix.replaceAll(/[\\*?[\]^]/g, '\\$&')}*`;
}

export async function keysWith(prefix: string, admin: Admin, enough = Infinity): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const batch of batches(prefix, admin)) {
    for (const key of batch) found.add(key);
    if (found.size >= enough) break;
  }
  return [...found];
}

export async function removeKeysWith(prefix: string, admin: Admin): Promise<void> {
  for await (const batch of batches(prefix, admin)) {
    if (batch.length > 0) await admin.call('DEL', ...batch);
  }
}

async function* batches(prefix: string, admin: Admin): AsyncGenerator<readonly string[]> {
  const limit = nowMs() + scanLimitMs;
  let cursor = '0';
  do {
    if (nowMs() > limit) {
      throw new LockbenchError(
        'UNREACHABLE',
        `the server holds too many keys to look through in ${scanLimitMs / 1000} s`,
        'Use one with fewer keys: this is a benchmark, and it would disturb the others.',
      );
    }
    const reply = await admin.call('SCAN', cursor, 'MATCH', patternFor(prefix), 'COUNT', batchSize);
    const [next, keys] = reply as readonly [string, readonly string[]];
    yield keys;
    cursor = next;
  } while (cursor !== '0');
}
