/**
 * What goes over the wire between a worker and the resource: frames of fixed size, little-endian. Answers carry the number
 * of their request and come in its order, so many operations can be under way on one connection.
 *
 * request, 40 bytes: id u32, kind u8, unused u8, contender u16, key u32, grant u32, item f64, value f64, fence i64.
 * answer, 16 bytes: id u32, refused u32, value f64. The first request of a connection is a hello that carries the pass.
 */
import { resourceOps } from '../contract/index.js';
import type { Operation, Outcome } from './ledger.js';

/** Where the resource is; plain data, to be handed to a worker. */
export interface ResourceAddress {
  readonly port: number;
  /** Whoever does not know it is a stranger on this machine, whose bytes are no operations. */
  readonly pass: number;
}

export const resourceHost = '127.0.0.1';
export const requestBytes = 40;
export const answerBytes = 16;
const kinds = { hello: 1, read: 2, write: 3 } as const;

export function helloFrame(pass: number): Buffer {
  const frame = Buffer.alloc(requestBytes);
  frame[4] = kinds.hello;
  frame.writeUInt32LE(pass, 8);
  return frame;
}

export function isHello(bytes: Buffer, at: number, pass: number): boolean {
  return bytes[at + 4] === kinds.hello && bytes.readUInt32LE(at + 8) === pass;
}

export function requestFrame(id: number, operation: Operation): Buffer {
  const frame = Buffer.allocUnsafe(requestBytes);
  frame.writeUInt32LE(id, 0);
  frame[4] = operation.write ? kinds.write : kinds.read;
  frame[5] = 0;
  frame.writeUInt16LE(operation.contender, 6);
  frame.writeUInt32LE(operation.key, 8);
  frame.writeUInt32LE(operation.grant, 12);
  frame.writeDoubleLE(operation.item, 16);
  frame.writeDoubleLE(operation.value, 24);
  frame.writeBigInt64LE(operation.fence, 32);
  return frame;
}

/** Null for what is no operation. */
export function readOperation(bytes: Buffer, at: number): Operation | null {
  const kind = bytes[at + 4];
  if (kind !== kinds.read && kind !== kinds.write) return null;
  return {
    write: kind === kinds.write,
    contender: bytes.readUInt16LE(at + 6),
    key: bytes.readUInt32LE(at + 8),
    grant: bytes.readUInt32LE(at + 12),
    item: bytes.readDoubleLE(at + 16),
    value: bytes.readDoubleLE(at + 24),
    fence: bytes.readBigInt64LE(at + 32),
  };
}

/** The id of a frame, request or answer. */
export function frameId(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at);
}

export function writeAnswer(bytes: Buffer, at: number, id: number, { op, value }: Outcome): void {
  bytes.writeUInt32LE(id, at);
  bytes.writeUInt32LE(op === resourceOps.refusedRead || op === resourceOps.refusedWrite ? 1 : 0, at + 4);
  bytes.writeDoubleLE(value, at + 8);
}

/** Null: refused. */
export function readAnswer(bytes: Buffer, at: number): number | null {
  return bytes.readUInt32LE(at + 4) === 1 ? null : bytes.readDoubleLE(at + 8);
}

/** Cuts a stream into frames. */
export class FrameCutter {
  #rest: Buffer = Buffer.alloc(0);

  constructor(private readonly frameBytes: number) {}

  /** Whole frames only; what is left waits for more. */
  push(data: Buffer): Buffer {
    const bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    const whole = bytes.length - (bytes.length % this.frameBytes);
    this.#rest = bytes.subarray(whole);
    return bytes.subarray(0, whole);
  }
}
