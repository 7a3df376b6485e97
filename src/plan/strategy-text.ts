/**
 * `single,redlock@quorum=all,client=node-redis,./my-lock.js`: a comma separates strategies, and what follows with an equals
 * sign belongs to the one before.
 */

export interface StrategyText {
  /** Name, or path of a file. */
  readonly name: string;
  readonly settings: readonly (readonly [key: string, value: string])[];
}

/** A path is told by its slash or its ending. */
export function isPath(name: string): boolean {
  return /[/\\]|\.[cm]?js$/.test(name);
}

export function parseStrategies(text: string): StrategyText[] {
  const found: { name: string; settings: [string, string][] }[] = [];
  for (const piece of text.split(',').map((part) => part.trim())) {
    if (piece === '') continue;
    const last = found.at(-1);
    const at = settingsAt(piece);
    if (at < 0 && piece.includes('=') && last !== undefined) {
      last.settings.push(setting(piece));
      continue;
    }
    const name = at < 0 ? piece : piece.slice(0, at);
    found.push({ name, settings: at < 0 ? [] : [setting(piece.slice(at + 1))] });
  }
  return found;
}

/** Where the settings begin: at the last @ with a key behind it, for a path may hold others (`node_modules/@scope/lock.js`). */
function settingsAt(piece: string): number {
  return isPath(piece) ? piece.search(/@[A-Za-z][\w-]*=[^@]*$/) : piece.indexOf('@');
}

function setting(text: string): [string, string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}
