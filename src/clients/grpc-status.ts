/**
 * What the end of a call says: nothing wrong, or a failure and whether the request may have been executed. Codes: grpc/grpc,
 * doc/statuscodes.md; etcd's own messages: api/v3rpc/rpctypes/error.go.
 */
import type { Failure } from '../contract/index.js';

export type Status = Readonly<Record<string, unknown>>;

/** etcd answers so before it proposes anything: arguments, names and numbers that are not right, limits, permissions. */
const refusals: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 9, 11, 12, 16]);
/** No leader to propose to, or the proposal never left the node that was asked. The others may be under way. */
const neverProposed = /no leader|proposal dropped|server stopped before|not capable|too many requests/;
/** What is worth trying elsewhere says so with this code. */
const unavailable = 14;
const unknown = 2;
const deadlineExceeded = 4;
/** The node has waited for its leader, or for a majority, and given up; what it proposed may still be agreed upon. */
const timedOut = /request timed out/;

export function statusFailure(headers: Status): Failure | null {
  const code = Number(headers['grpc-status'] ?? 0);
  if (code === 0) return null;
  const message = textOf(headers['grpc-message']);
  const away = (code === unavailable || code === unknown) && neverProposed.test(message);
  if (away) return { code: 'DOWN', fate: 'not-executed', message };
  if (code === deadlineExceeded || timedOut.test(message)) return { code: 'TIMEOUT', fate: 'maybe-executed', message };
  return { code: 'ERR', fate: refusals.has(code) ? 'not-executed' : 'maybe-executed', message: `${message} (${code})` };
}

/** Percent-encoded, by the protocol. */
function textOf(message: unknown): string {
  const text = typeof message === 'string' ? message : '';
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
