/** A design that reads a real clock or draws a real random number cannot be repeated from its seed. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('../../../strategies/', import.meta.url);
const files = readdirSync(folder).filter((file) => /^[\w-]+\.ts$/.test(file));

const impure =
  /\b(Date|setTimeout|setInterval|setImmediate|queueMicrotask|performance|Math\s*\.\s*random|crypto|process|net|globalThis|require|import)\b(?!\s*:)/;
const permitted =
  /^(\.\.\/src\/contract\/[\w-]+\.js|\.\.\/src\/kit\/[\w-]+\.js|\.\.\/src\/base\/cancel\.js|\.\/[\w-]+\.js)$/;

/** Without comments, imports and what is quoted. */
function code(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^import [\s\S]*?;$/gm, '')
    .replace(/'[^'\n]*'/g, "''")
    .replace(/\/\/.*$/gm, '');
}

it.each(files)('%s has no clock, timer, random source or socket of its own', (file) => {
  expect(impure.exec(code(readFileSync(new URL(file, folder), 'utf8')))).toBeNull();
});

it.each(files)('%s imports contracts, the kit and its neighbours only', (file) => {
  const source = readFileSync(new URL(file, folder), 'utf8');
  const imported = [...source.matchAll(/\bfrom '([^']+)'/g)].map((match) => match[1]);
  expect(imported.filter((path) => !permitted.test(path))).toEqual([]);
});

it('sees what is impure', () => {
  for (const line of [
    'Date.now()',
    'setTimeout(f, 1)',
    'Math.random()',
    "await import('node:net')",
    'process.hrtime()',
  ]) {
    expect(impure.test(code(line))).toBe(true);
  }
});
