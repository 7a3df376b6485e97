/**
 * The port through which a lock design talks to PostgreSQL: sessions, each on a connection of its own, for that is what an
 * advisory lock belongs to. As with Redis, a failure says whether the statement may have been executed.
 */
import type { Cancel, Failure } from './redis.js';

export type SqlValue = string | number | bigint | boolean | null;
/** Columns in their order. 64-bit integers come as bigint, the other types of PostgreSQL as text unless they are in SqlValue. */
export type SqlRow = readonly SqlValue[];

export interface SqlFailure extends Failure {
  /** What the server called it (SQLSTATE), such as 55P03 for a lock that was not had in time; null where it said nothing. */
  readonly sqlState: string | null;
}

export type SqlAnswer =
  | { readonly failure: null; readonly rows: readonly SqlRow[] }
  | { readonly failure: SqlFailure; readonly rows: readonly [] };

/** One connection. It never comes back: when it is lost, so is the session, with all that the server kept for it. */
export interface SqlSession {
  /** The server's number for it: the process that serves it. */
  readonly backendId: number;
  readonly lost: boolean;
  /**
   * One statement at a time, the others wait for it. Never rejects. An answer that does not come within `timeoutMs` from the
   * write ends the session: nobody could tell it from the next one's.
   */
  query(text: string, values: readonly SqlValue[], timeoutMs: number): Promise<SqlAnswer>;
  /** Asks the server, over another connection, to give up the statement that is under way; it then fails with 57014. */
  interrupt(): void;
  /** Tells that the connection is gone; at once when it already is. Returns the way to stop listening. */
  onLost(listener: () => void): () => void;
  /** Ends it, and with it what the server kept for it. */
  end(): void;
}

/** A session on loan. */
export interface SqlLoan {
  readonly session: SqlSession;
  /** For the next one; a session that is lost, or still has a statement under way, is thrown away. */
  giveBack(): void;
}

export interface SqlServer {
  /** A session for oneself alone. Rejects when cancelled, when the server is down, or when too many are waiting. */
  borrow(cancel: Cancel): Promise<SqlLoan>;
  /** Sessions at a time, those that are being opened included; who comes beyond that waits for one. */
  readonly maxSessions: number;
}
