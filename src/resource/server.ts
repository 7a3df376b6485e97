/**
 * The resource behind a socket: takes operations from all workers in the order in which they arrive, stamps each with the
 * machine's monotonic clock, applies it, records it, answers it. One thread, so the order is one order.
 */
import { randomInt } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Fencing } from '../contract/index.js';
import { delay, nowNs } from '../base/clock.js';
import {
  answerBytes,
  FrameCutter,
  frameId,
  isHello,
  readOperation,
  requestBytes,
  resourceHost,
  writeAnswer,
  type ResourceAddress,
} from './frames.js';
import { Ledger } from './ledger.js';
import type { ResourceLog } from './log.js';

/** How long bytes of workers that have ended may still be under way when the server is told to end. */
const drainMs = 1000;
const drainStepMs = 5;
const passLimit = 2 ** 32;

export interface Serving {
  readonly address: ResourceAddress;
  readonly operations: () => number;
  /** Takes no more connections, lets those that are there come to their end, and ends them when they do not. */
  close(): Promise<void>;
}

export async function serveResource(fencing: Fencing, log: ResourceLog): Promise<Serving> {
  const ledger = new Ledger(fencing);
  const pass = randomInt(passLimit);
  const sockets = new Set<Socket>();
  let operations = 0;

  /** The answers to a run of whole frames; null when they are none of ours. */
  const answer = (frames: Buffer): Buffer | null => {
    const answers = Buffer.allocUnsafe((frames.length / requestBytes) * answerBytes);
    for (let at = 0, to = 0; at < frames.length; at += requestBytes, to += answerBytes) {
      const operation = readOperation(frames, at);
      if (operation === null) return null;
      const atNs = nowNs();
      const outcome = ledger.apply(operation);
      operations += 1;
      const { key, contender, grant, item, fence } = operation;
      log.add({ atNs, key, contender, grant, op: outcome.op, item, value: outcome.value, fence });
      writeAnswer(answers, to, frameId(frames, at), outcome);
    }
    return answers;
  };

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const cutter = new FrameCutter(requestBytes);
    let known = false;
    socket.on('data', (data) => {
      let frames = cutter.push(data);
      if (frames.length === 0) return;
      if (!known) {
        known = isHello(frames, 0, pass);
        if (!known) return void socket.destroy();
        frames = frames.subarray(requestBytes);
      }
      const answers = answer(frames);
      if (answers === null) socket.destroy();
      else if (answers.length > 0) socket.write(answers);
    });
    // A worker that is killed takes its connection with it; what it sent has arrived.
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, resourceHost, resolve);
  });
  return {
    address: { port: (server.address() as AddressInfo).port, pass },
    operations: () => operations,
    async close() {
      server.close();
      for (let passedMs = 0; sockets.size > 0 && passedMs < drainMs; passedMs += drainStepMs) await delay(drainStepMs);
      for (const socket of sockets) socket.destroy();
    },
  };
}
