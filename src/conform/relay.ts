/**
 * A TCP relay before one server that does what networks do: delays either way, loses replies, cuts connections, lets
 * nobody in. In the process of the case, for what is measured here is behaviour and not speed. Bytes keep their order.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, nowMs } from '../base/clock.js';
import type { NodeEndpoint } from '../clients/endpoint.js';

export interface Relay {
  readonly endpoint: NodeEndpoint;
  /** What is sent from now on reaches the server so much later. */
  requestDelayMs: number;
  /** What the server answers from now on comes back so much later. */
  replyDelayMs: number;
  /** While true, what the server says is thrown away: applied, but nobody is told. */
  swallow: boolean;
  /** While true, new connections are cut at once. */
  refuse: boolean;
  /** Ends all connections; what was on its way to the server before may still arrive. */
  cut(): void;
  close(): Promise<void>;
}

interface Way {
  readonly delayMs: () => number;
  readonly open: () => boolean;
}

export async function startRelay(to: NodeEndpoint): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (relay.refuse) {
      near.destroy();
      return;
    }
    const far = connect({ port: to.port, host: to.host, noDelay: true });
    near.setNoDelay(true);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    carry(near, far, { delayMs: () => relay.requestDelayMs, open: () => true });
    carry(far, near, { delayMs: () => relay.replyDelayMs, open: () => !relay.swallow });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const relay: Relay = {
    endpoint: { ...to, host: '127.0.0.1', port },
    requestDelayMs: 0,
    replyDelayMs: 0,
    swallow: false,
    refuse: false,
    cut,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
  return relay;
}

/** A later chunk never overtakes an earlier one, whatever their delays. */
function carry(from: Socket, to: Socket, way: Way): void {
  const queue: Buffer[] = [];
  let lastDueMs = 0;
  from.on('data', (chunk: Buffer) => {
    if (!way.open()) return;
    const dueMs = Math.max(nowMs() + way.delayMs(), lastDueMs);
    if (queue.length === 0 && way.delayMs() === 0 && dueMs > lastDueMs) {
      to.write(chunk);
      return;
    }
    lastDueMs = dueMs;
    queue.push(chunk);
    after(dueMs - nowMs(), () => {
      const next = queue.shift();
      if (next !== undefined && !to.destroyed) to.write(next);
    });
  });
}
