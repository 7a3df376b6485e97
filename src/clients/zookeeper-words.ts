/**
 * ZooKeeper's four-letter words: a connection for each, a text as the answer (Administrator's Guide, "The Four Letter Words").
 * By default a server answers `srvr` only; ours answer all.
 */
import { connect } from 'node:net';
import { after } from '../base/clock.js';
import { LockbenchError, type Endpoint } from '../contract/index.js';

const longestAnswerBytes = 1024 * 1024;

/** Rejects with the reason when no answer came within the limit. */
export function ask(word: string, { host, port }: Endpoint, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    let text = '';
    const stopTimer = after(limitMs, () => socket.destroy(new Error(`no answer to ${word} within ${limitMs} ms`)));
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(word));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > longestAnswerBytes) socket.destroy(new Error(`${word} does not come to an end`));
    });
    socket.on('error', (error) => {
      stopTimer();
      reject(unreachable({ host, port }, error.message));
    });
    socket.on('close', () => {
      stopTimer();
      resolve(text);
    });
  });
}

export function unreachable({ host, port }: Pick<Endpoint, 'host' | 'port'>, what: string): LockbenchError {
  return new LockbenchError(
    'UNREACHABLE',
    `ZooKeeper at ${host}:${port}: ${what}`,
    'Is it running there, and is this its client port?',
  );
}

/** "standalone", "leader", "follower": of a server that serves requests; null of one that does not at present. */
export async function modeOf(endpoint: Endpoint, limitMs: number): Promise<string | null> {
  return modeIn(await ask('srvr', endpoint, limitMs));
}

export function modeIn(text: string): string | null {
  return /^Mode: (\S+)/m.exec(text)?.[1] ?? null;
}
