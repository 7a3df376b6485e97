/**
 * ZooKeeper's wire format, by the records of node-zookeeper-client. Only these are the library's: its connection management
 * keeps requests that were never sent for the next connection, has no deadline for a handshake or an answer, keeps half a frame
 * over a reconnect, and does not tell when a ping was answered, which is what the validity of a lease hangs on.
 */
import jute from 'node-zookeeper-client/lib/jute/index.js';
import type { Znode, ZookeeperRefusal } from '../contract/index.js';

export const ops = { create: 15, delete: 2, get: 4, sync: 9, ping: 11, children: 12, close: -11 } as const;
export type Op = (typeof ops)[keyof typeof ops];

/** What replies bear instead of the number of a request. */
export const pingXid = -2;
export const watchXid = -1;

/** Error codes of `KeeperException.Code` that somebody acts upon. */
const refusals: Readonly<Record<number, ZookeeperRefusal>> = {
  [-101]: 'no-node',
  [-110]: 'node-exists',
  [-111]: 'not-empty',
  [-112]: 'expired',
};

/** Codes that leave open whether it was executed: an error of the server's own, a lost connection or a timeout inside the ensemble. */
const openCodes: ReadonlySet<number> = new Set([-1, -2, -4, -7]);

/** A session as it is taken up on a new connection; of zeros for a new one. */
export interface Identity {
  readonly id: Buffer;
  readonly password: Buffer;
}

export const noIdentity: Identity = { id: Buffer.alloc(8), password: Buffer.alloc(16) };

const { protocol, data } = jute;
const anyone = new data['ACL']!(31, new data['Id']!('world', 'anyone'));
const flags = { persistent: 0, 'ephemeral-sequential': 3 } as const;

export function connectFrame(identity: Identity, lastZxid: Buffer, timeoutMs: number): Buffer {
  const { id, password } = identity;
  const record = new protocol['ConnectRequest']!(jute.PROTOCOL_VERSION, lastZxid, timeoutMs, id, password);
  return new jute.Request(null, record).toBuffer();
}

/** One of the library's records. */
export type RequestRecord = object;

export const requests = {
  create: (path: string, kind: keyof typeof flags): RequestRecord =>
    new protocol['CreateRequest']!(path, Buffer.alloc(0), [anyone], flags[kind]),
  delete: (path: string): RequestRecord => new protocol['DeleteRequest']!(path, -1),
  get: (path: string, watch: boolean): RequestRecord => new protocol['GetDataRequest']!(path, watch),
  children: (path: string): RequestRecord => new protocol['GetChildren2Request']!(path, false),
  /** A path and nothing else, as in this record. */
  sync: (path: string): RequestRecord => new protocol['GetACLRequest']!(path),
} as const;

export function requestFrame(xid: number, op: Op, record: RequestRecord | null): Buffer {
  return new jute.Request(new protocol['RequestHeader']!(xid, op), record).toBuffer();
}

/** `timeoutMs` is 0 where the session is over. */
export function readHandshake(frame: Buffer): Identity & { readonly timeoutMs: number } {
  const record = new protocol['ConnectResponse']!();
  record.deserialize(frame, 0);
  return {
    timeoutMs: record['timeOut'] as number,
    id: record['sessionId'] as Buffer,
    password: record['passwd'] as Buffer,
  };
}

export interface ReplyHead {
  readonly xid: number;
  readonly zxid: Buffer;
  readonly error: number;
}

const headBytes = 16;

export function readHead(frame: Buffer): ReplyHead {
  return { xid: frame.readInt32BE(0), zxid: frame.subarray(4, 12), error: frame.readInt32BE(12) };
}

export function refusalOf(error: number): { readonly refusal: ZookeeperRefusal; readonly mayBeExecuted: boolean } {
  return { refusal: refusals[error] ?? 'other', mayBeExecuted: openCodes.has(error) };
}

/** Of a watch that has fired. */
export function readWatchedPath(frame: Buffer): string {
  const record = new protocol['WatcherEvent']!();
  record.deserialize(frame, headBytes);
  return record['path'] as string;
}

export function readChildren(frame: Buffer): readonly string[] {
  const record = new protocol['GetChildren2Response']!();
  record.deserialize(frame, headBytes);
  return (record['children'] as readonly string[] | undefined) ?? [];
}

export function readCreated(frame: Buffer): Znode {
  const created = new protocol['CreateResponse']!();
  const path = created.deserialize(frame, headBytes);
  return { path: created['path'] as string, ...readStat(frame, headBytes + path) };
}

export function readNode(path: string, frame: Buffer): Znode {
  const content = frame.readInt32BE(headBytes);
  return { path, ...readStat(frame, headBytes + 4 + Math.max(0, content)) };
}

function readStat(frame: Buffer, offset: number): Omit<Znode, 'path'> {
  return { czxid: frame.readBigInt64BE(offset), owner: ownerText(frame.readBigInt64BE(offset + ownerAt)) };
}

/** Of `ephemeralOwner` in a `Stat`: behind four longs and three ints. */
const ownerAt = 44;

function ownerText(owner: bigint): string | null {
  return owner === 0n ? null : BigInt.asUintN(64, owner).toString(16).padStart(16, '0');
}

const longestFrameBytes = 64 * 1024 * 1024;

/** Cuts what comes from the socket into frames; a new one for every connection. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Throws at what cannot be a frame. */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4) {
      const length = this.#rest.readInt32BE(0);
      if (length < 0 || length > longestFrameBytes)
        throw new Error(`a frame of ${length} bytes is none of ZooKeeper's`);
      if (this.#rest.length < 4 + length) return;
      const frame = this.#rest.subarray(4, 4 + length);
      this.#rest = this.#rest.subarray(4 + length);
      yield frame;
    }
  }
}
