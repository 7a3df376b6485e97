/** How a case ends other than by passing. */

/** The design does not behave so. The message is the evidence. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** The case has nothing to say of this design here. The message is the reason. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}

export function ensure(condition: boolean, evidence: string | (() => string)): asserts condition {
  if (!condition) throw new Violation(typeof evidence === 'string' ? evidence : evidence());
}

const longestText = 300;

/** A value as evidence shows it, in bounded length; for whatever a design may hand over. */
export function shown(value: unknown): string {
  const outcome = outcomeText(value);
  if (outcome !== null) return outcome;
  let text: string;
  try {
    text = JSON.stringify(value, plain) ?? String(value);
  } catch {
    text = Object.prototype.toString.call(value);
  }
  return text.length > longestText ? `${text.slice(0, longestText)}...` : text;
}

/** `refused (busy)`, `unknown (TIMEOUT)`: an outcome of the contract as people say it. */
function outcomeText(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const { kind, why, failure } = value as { kind?: unknown; why?: unknown; failure?: { code?: unknown } };
  if (typeof kind !== 'string' || kind.length > 20) return null;
  const more = why ?? failure?.code;
  return typeof more === 'string' ? `${kind} (${more})` : kind;
}

function plain(key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'function';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'string' && value.length > 60 && key !== 'message') return `${value.slice(0, 57)}...`;
  return value;
}
