/** `NAME[:TARGET][@START][+DURATION][,option=value]`, as it is typed. */
import { faultEvents, type FaultEvent } from '../contract/index.js';
import { parseDurationMs } from '../base/units.js';

export interface FaultText {
  readonly name: string;
  readonly target: string | null;
  readonly startMs: number | null;
  readonly event: FaultEvent | null;
  readonly nth: number;
  readonly durationMs: number | null;
  readonly settings: readonly (readonly [name: string, value: string])[];
}

export const faultForm =
  'NAME[:TARGET][@START][+DURATION][,option=value], such as cut:2@1s+500ms, pause-holder@granted or pause-before-write@checked#5';

const shape = /^([a-z][a-z-]*)(?::([^@+,]+))?(?:@([^+,]+))?(?:\+([^,]+))?((?:,[^,=]+=[^,]+)*)$/;

/** Several are separated by blanks. */
export function splitFaults(text: string): readonly string[] {
  return text.split(/\s+/).filter((one) => one !== '');
}

export function parseFault(text: string): FaultText | { readonly expected: string } {
  const match = shape.exec(text);
  if (match === null) return { expected: faultForm };
  const [, name, target, start, duration, settings] = match;
  const when = start === undefined ? { startMs: null, event: null, nth: 1 } : parseStart(start);
  if (when === null) return { expected: `a start such as @2s or @${faultEvents.join(', @')}, with #5 for the fifth` };
  const durationMs = duration === undefined ? null : parseDurationMs(duration);
  if (duration !== undefined && !(durationMs! > 0)) return { expected: 'a duration such as +500ms' };
  const pairs = settings
    .split(',')
    .slice(1)
    .map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    });
  return { name, target: target ?? null, ...when, durationMs, settings: pairs };
}

function parseStart(text: string): Pick<FaultText, 'startMs' | 'event' | 'nth'> | null {
  const match = /^([a-z-]+)(?:#([1-9]\d{0,5}))?$/.exec(text);
  const event = faultEvents.find((candidate) => candidate === match?.[1]);
  if (event !== undefined) return { startMs: null, event, nth: Number(match?.[2] ?? 1) };
  const startMs = parseDurationMs(text);
  return startMs === null ? null : { startMs, event: null, nth: 1 };
}
