/**
 * Asks whoever listens on a port for its process number, over a bare socket: a client library would take longer to
 * connect than the server takes to start. An answer on our port may come from a stranger, so the number is what counts.
 */
import { connect } from 'node:net';
import { after } from '../base/clock.js';

const answerLimitBytes = 64 * 1024;

export interface Question {
  /** The process number; null when nobody answers, or not as a ready Redis does. Never rejects. */
  readonly answer: Promise<number | null>;
  cancel(): void;
}

/** INFO tells who it is, PING whether it has finished loading. */
export function askProcessId(host: string, port: number, password: string | null, limitMs: number): Question {
  const socket = connect({ host, port, noDelay: true });
  const answer = new Promise<number | null>((resolve) => {
    let text = '';
    const stopTimer = after(limitMs, () => finish(null));
    const finish = (processId: number | null): void => {
      stopTimer();
      socket.destroy();
      resolve(processId);
    };
    socket.setEncoding('utf8');
    socket.on('connect', () => {
      const auth = password === null ? '' : inline('AUTH', password);
      socket.write(`${auth}${inline('INFO', 'server')}${inline('PING')}`);
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.endsWith('\r\n+PONG\r\n')) finish(processIdIn(text));
      else if (text.length > answerLimitBytes || /(^|\r\n)-[^\r]*\r\n$/.test(text)) finish(null);
    });
    socket.on('error', () => finish(null));
    socket.on('close', () => finish(null));
  });
  return { answer, cancel: () => socket.destroy() };
}

function inline(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

function processIdIn(info: string): number | null {
  const found = /^process_id:(\d+)/m.exec(info);
  return found === null ? null : Number(found[1]);
}
