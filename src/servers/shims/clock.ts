/** The wall clock of one server, set from here: by the clock shim, or by libfaketime where there is no compiler. */
import { wallClock } from '../../base/clock.js';
import { clockFileVariable } from './clock-source.js';
import { findCompiler } from './compile.js';
import { findFaketime } from './faketime.js';
import { SharedFile } from './shared-file.js';

/** Ahead of true time by `stepMs` when it is set, and from there on running at `rate` times the true rate. */
export interface ClockSetting {
  readonly stepMs: number;
  readonly rate: number;
}

export interface ServerClock {
  /** What LD_PRELOAD has to name, in this order. */
  readonly preload: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Before every start of the server; a clock set earlier stays set. */
  starting(): void;
  set(setting: ClockSetting): void;
  /** Whether the process really took the shim in: the linker only warns when it cannot. */
  isLoadedIn(pid: number): boolean;
}

export type ShimAvailability =
  | { readonly available: true; readonly how: 'compiler' | 'libfaketime' }
  | { readonly available: false; readonly reason: string };

/** Looks only; `libraryRoots` are where libfaketime is looked for, the usual places when not given. */
export function clockShimAvailable(libraryRoots?: readonly string[]): ShimAvailability {
  if (process.platform !== 'linux') return { available: false, reason: 'shims are for Linux only' };
  const compiler = findCompiler();
  if (compiler.found) return { available: true, how: 'compiler' };
  if (findFaketime(libraryRoots) !== null) return { available: true, how: 'libfaketime' };
  return { available: false, reason: `${compiler.reason} and no libfaketime` };
}

const at = { sequence: 0, pid: 8, readings: 16 } as const;
const readingBytes = 24;
const pageBytes = at.readings + 2 * readingBytes;
const nsPerMs = 1e6;

export function shimClock(library: string, file: string): ServerClock {
  const page = new SharedFile(file, pageBytes);
  let sequence = 0n;
  const set = ({ stepMs, rate }: ClockSetting): void => {
    const next = sequence + 1n;
    const reading = new BigInt64Array(readingBytes / 8);
    reading[0] = BigInt(Math.round(stepMs * nsPerMs));
    new Float64Array(reading.buffer)[1] = rate;
    reading[2] = BigInt(wallClock().getTime()) * BigInt(nsPerMs);
    page.write(at.readings + Number(next & 1n) * readingBytes, reading);
    page.write(at.sequence, BigInt64Array.of(next));
    sequence = next;
  };
  set({ stepMs: 0, rate: 1 });
  return {
    preload: [library],
    env: { [clockFileVariable]: file },
    starting() {},
    set,
    isLoadedIn: (pid) => page.read(at.pid, 1)[0] === BigInt(pid),
  };
}
