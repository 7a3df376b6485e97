/** Against a server of our own that says nothing more once a client is let in. */
import { createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { openSession } from './postgres-session.js';

const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => {});
  // AuthenticationOk, ReadyForQuery.
  socket.once('data', () => socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])));
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

it('a server that falls silent while a session is opened is not waited for without end', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const endpoint = { host: '127.0.0.1', port, tls: false };
  const tally = { meter: { commands: 0, roundTrips: 0 }, failed: () => {} };
  await expect(openSession(endpoint, 100, tally)).rejects.toMatchObject({ code: 'UNREACHABLE' });
});
