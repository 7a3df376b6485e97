/** Plain text in a given width: wrapping with a hanging indent, lists in words. Knows nothing of results. */
import { printable } from '../base/paint.js';

/** Lines of at most `width`. The first starts with `first`, the others with as many blanks as `hang`. A word longer than a line is cut. */
export function wrap(text: string, width: number, first = '', hang = first.length): string[] {
  const lines: string[] = [];
  const indent = ' '.repeat(hang);
  const room = Math.max(8, width - hang);
  let line = first;
  let empty = true;
  const words = printable(text)
    .split(/ +/)
    .filter((word) => word !== '')
    .flatMap((word) => chunks(word, room));
  for (const word of words) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

function chunks(word: string, size: number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < word.length; at += size) parts.push(word.slice(at, at + size));
  return parts;
}

/** A label longer than a line, broken behind its commas; a part that is still too long, anywhere. */
export function breakLabel(label: string, width: number): string[] {
  const lines = [''];
  const parts = printable(label).match(/[^,]*,|[^,]+/g) ?? [];
  for (const part of parts.flatMap((one) => chunks(one, width))) {
    if (lines[lines.length - 1].length + part.length > width) lines.push('');
    lines[lines.length - 1] += part;
  }
  return lines;
}

/** `a`, `a and b`, `a, b and c`. */
export function inWords(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}

/** Items that share a text, told once: [text, subjects] in the order of first appearance. */
export function groupBy<T>(items: readonly T[], textOf: (item: T) => string): [text: string, items: T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const text = textOf(item);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [item]);
    else group.push(item);
  }
  return [...groups];
}
