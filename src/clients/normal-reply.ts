/** What a library makes of a reply, in the one form of the port. An error inside an array stands for the whole of it. */
import type { Reply } from '../contract/index.js';
import type { Sink } from './wire.js';

export type RawReply = Buffer | Error | string | number | null | readonly RawReply[];

export function tell(sink: Sink, raw: RawReply): void {
  if (raw === null || typeof raw === 'number' || typeof raw === 'string') return sink.reply(raw);
  const error = errorIn(raw);
  if (error === null) sink.reply(normal(raw));
  else sink.refuse(error.message);
}

function errorIn(raw: RawReply): Error | null {
  if (raw instanceof Error) return raw;
  if (!Array.isArray(raw)) return null;
  for (const item of raw as readonly RawReply[]) {
    const error = errorIn(item);
    if (error !== null) return error;
  }
  return null;
}

function normal(raw: RawReply): Reply {
  if (Array.isArray(raw)) return (raw as readonly RawReply[]).map(normal);
  return Buffer.isBuffer(raw) ? raw.toString() : (raw as string | number | null);
}
