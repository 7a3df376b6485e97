/**
 * Commands as RESP2 requests. A frame is text of which each character is one byte, so that those of a turn are put together
 * as text and written at once. Source: Redis documentation, "Redis serialization protocol specification", "Sending commands".
 */
import type { Command } from '../contract/index.js';

/** Of the command encoded last, since a fan-out sends the same one to every node. */
let lastCommand: Command | null = null;
let lastFrame = '';

/** What stands before a part of that length; longer ones are seldom. */
const leads = Array.from({ length: 256 }, (_, length) => leadOf(length));

function leadOf(length: number): string {
  return `\r\n$${length}\r\n`;
}

function part(text: string): string {
  return (leads[text.length] ?? leadOf(text.length)) + text;
}

export function frameOf(command: Command): string {
  if (command === lastCommand) return lastFrame;
  const { name, args } = command;
  let frame = `*${args.length + 1}${part(name)}`;
  for (const arg of args) frame += part(typeof arg === 'string' ? arg : String(arg));
  frame += '\r\n';
  lastCommand = command;
  lastFrame = beyondAscii.test(frame) ? frameInUtf8(command) : frame;
  return lastFrame;
}

// eslint-disable-next-line no-control-regex -- all of ASCII
export const beyondAscii = /[^\0-\x7f]/;

/** Lengths are in bytes, of which such characters have several. */
function frameInUtf8({ name, args }: Command): string {
  const parts = [name, ...args].map((part) => Buffer.from(String(part)).toString('latin1'));
  return `*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join('')}`;
}
