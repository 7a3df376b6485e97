/** For the tests of this folder only: the two ends of a relay, as bare sockets that write down what they are told. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Endpoint } from '../contract/index.js';

export interface Party {
  /** All that has arrived. */
  readonly heard: string;
  /** How the other side ended, once it did: by FIN, or by RST. */
  readonly ended: 'end' | 'reset' | null;
  say(text: string): void;
  /** By FIN, when what was said has left. */
  hangUp(): void;
  reset(): void;
}

export interface Peer {
  readonly endpoint: Endpoint;
  /** In the order in which they came. */
  readonly callers: readonly Party[];
  close(): Promise<void>;
}

/** A server that says nothing of its own accord; `echo` says what it hears. */
export async function startPeer(manner: 'silent' | 'echo' = 'silent'): Promise<Peer> {
  const callers: Party[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    callers.push(partyOf(socket));
    if (manner === 'echo') socket.on('data', (bytes) => socket.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: { host: '127.0.0.1', port, tls: false },
    callers,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Rejects where nobody listens. */
export async function call({ host, port }: Endpoint): Promise<Party> {
  const socket = connect({ host, port, noDelay: true });
  const party = partyOf(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return party;
}

export async function listens(endpoint: Endpoint): Promise<boolean> {
  const found = await call(endpoint).catch(() => null);
  found?.hangUp();
  return found !== null;
}

function partyOf(socket: Socket): Party {
  let heard = '';
  let ended: Party['ended'] = null;
  socket.on('data', (bytes) => (heard += String(bytes)));
  socket.on('end', () => (ended ??= 'end'));
  socket.on('error', () => (ended ??= 'reset'));
  return {
    get heard() {
      return heard;
    },
    get ended() {
      return ended;
    },
    say: (text) => void socket.write(text),
    hangUp: () => socket.destroySoon(),
    reset: () => void socket.resetAndDestroy(),
  };
}
