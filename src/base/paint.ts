/**
 * What may go to a terminal: text that does not command it, and colour, or none at all. Paint last: whatever measures or cuts
 * a text must see it plain.
 */

export type Ink = 'bold' | 'dim' | 'red' | 'yellow' | 'green';
export type Paint = (ink: Ink, text: string) => string;

const codes: Readonly<Record<Ink, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
};

export function painter(colour: boolean): Paint {
  if (!colour) return (_, text) => text;
  return (ink, text) => (text === '' ? '' : `\u001b[${codes[ink][0]}m${text}\u001b[${codes[ink][1]}m`);
}

/** Control characters come in through messages of servers and plug-ins; on a terminal they would be obeyed. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
