/**
 * A worker's way to the resource: one connection, many operations under way on it. Each leaves in the turn in which it is
 * made and is never sent again: what its holder has checked just before is as fresh as it can be.
 *
 * When the connection dies, what was under way is neither done nor not done, and the worker is of no use any more: all of
 * it rejects, and `onDead` is told, once.
 */
import { connect, type Socket } from 'node:net';
import { LockbenchError } from '../contract/index.js';
import { limit } from '../base/clock.js';
import { Fifo } from '../base/fifo.js';
import {
  answerBytes,
  FrameCutter,
  frameId,
  helloFrame,
  readAnswer,
  requestFrame,
  resourceHost,
  type ResourceAddress,
} from './frames.js';
import type { Operation } from './ledger.js';

const connectMs = 5000;
const idLimit = 2 ** 32;

interface Waiting {
  readonly id: number;
  readonly resolve: (value: number | null) => void;
  readonly reject: (error: Error) => void;
}

/** A `Resource` whose every answer takes its time. */
interface RemoteResource {
  read(item: number): Promise<number | null>;
  write(item: number, value: number): Promise<boolean>;
}

/** The resource as one contender has it. */
interface ContendersUse {
  /** The resource as the section of one grant sees it; `grant` counts the grants of this contender. */
  section(key: number, grant: number, fence: bigint | undefined): RemoteResource;
}

class ResourceClient {
  readonly #waiting = new Fifo<Waiting>();
  readonly #cutter = new FrameCutter(answerBytes);
  #nextId = 0;
  #dead: LockbenchError | null = null;
  #closing = false;

  constructor(
    private readonly socket: Socket,
    private readonly onDead: (error: LockbenchError) => void,
  ) {
    socket.on('data', (data) => this.#answers(this.#cutter.push(data)));
    socket.on('error', (error) => this.#die(error.message));
    socket.on('close', () => this.#die('it was closed'));
  }

  use(contender: number): ContendersUse {
    return {
      section: (key, grant, fence = -1n) => ({
        read: (item) => this.#send({ write: false, key, contender, grant, item, value: 0, fence }),
        write: (item, value) =>
          this.#send({ write: true, key, contender, grant, item, value, fence }).then((answer) => answer !== null),
      }),
    };
  }

  /** Nothing is under way any more. */
  close(): void {
    this.#closing = true;
    this.socket.end();
  }

  #send(operation: Operation): Promise<number | null> {
    return new Promise((resolve, reject) => {
      if (this.#dead !== null) return reject(this.#dead);
      const id = this.#nextId;
      this.#nextId = (id + 1) % idLimit;
      this.#waiting.push({ id, resolve, reject });
      this.socket.write(requestFrame(id, operation));
    });
  }

  #answers(frames: Buffer): void {
    for (let at = 0; at < frames.length; at += answerBytes) {
      const waiting = this.#waiting.shift();
      if (waiting?.id === frameId(frames, at)) waiting.resolve(readAnswer(frames, at));
      else {
        waiting?.reject(lost('an answer to something else came'));
        this.socket.destroy();
        return this.#die('an answer to something else came');
      }
    }
  }

  #die(reason: string): void {
    if (this.#dead !== null || (this.#closing && this.#waiting.length === 0)) return;
    this.#dead = lost(reason);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next.reject(this.#dead);
    this.onDead(this.#dead);
  }
}

function lost(reason: string): LockbenchError {
  return new LockbenchError(
    'WORKER_LOST',
    `the connection to the resource is gone: ${reason}`,
    'What was under way is not known, so this run is not valid.',
  );
}

/** `onDead` is told when the connection is lost before it was closed: this worker's records are worth nothing from then on. */
export async function connectResource(
  address: ResourceAddress,
  onDead: (error: LockbenchError) => void,
): Promise<ResourceClient> {
  const socket = connect({ host: resourceHost, port: address.port, noDelay: true });
  const late = limit(connectMs).then(() => Promise.reject(lost(`no connection within ${connectMs / 1000} s`)));
  late.catch(() => {});
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (error) => reject(lost(error.message)));
  });
  try {
    await Promise.race([connected, late]);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  socket.write(helloFrame(address.pass));
  return new ResourceClient(socket, onDead);
}
