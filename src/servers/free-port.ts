/** A port on loopback that nobody listens on now, for programs that have to be told of each other's beforehand. */
import { createServer } from 'node:net';
import { LockbenchError } from '../contract/index.js';
import { nextPort } from './server-process.js';

const host = '127.0.0.1';
const attempts = 20;

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = nextPort();
    if (await isFree(port)) return port;
  }
  throw new LockbenchError('SERVER_FAILED', `none of ${attempts} ports tried on ${host} was free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
