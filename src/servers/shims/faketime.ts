/**
 * libfaketime, where there is no compiler for a shim of ours. Two habits of it are made up for here: its rate counts from
 * the start of the process, so that switching one on would jump, and it asks the C library for memory while jemalloc asks
 * it for the time, so that the server would hang unless the C library comes before jemalloc in the order of look-up.
 */
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nowMs } from '../../base/clock.js';
import { handOver } from '../server-user.js';
import type { ClockSetting, ServerClock } from './clock.js';

const libraryRoots = ['/usr/lib', '/usr/lib64', '/usr/local/lib'] as const;
const libraryName = 'libfaketime.so.1';
const machines: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** Below `<root>/faketime` or, where libraries of several machines lie side by side, `<root>/<machine>/faketime`. */
export function findFaketime(roots: readonly string[] = libraryRoots): string | null {
  const ours = machines[process.arch] ?? process.arch;
  for (const root of roots.filter((path) => existsSync(path))) {
    const folders = readdirSync(root).filter((name) => name.startsWith(ours));
    const paths = [root, ...folders.map((name) => join(root, name))].map((at) => join(at, 'faketime', libraryName));
    const found = paths.find((path) => existsSync(path));
    if (found !== undefined) return found;
  }
  return null;
}

export function faketimeClock(library: string, file: string): ServerClock {
  let startedMs = nowMs();
  let setting: ClockSetting & { readonly sinceMs: number } = { stepMs: 0, rate: 1, sinceMs: startedMs };
  const write = (): void => {
    const { stepMs, rate, sinceMs } = setting;
    const offsetMs = stepMs - (rate - 1) * (sinceMs - startedMs);
    const text = `${offsetMs < 0 ? '-' : '+'}${(Math.abs(offsetMs) / 1000).toFixed(6)} x${rate}\n`;
    // It reads the file at every look at the clock, so it must never see half of it.
    writeFileSync(`${file}.new`, text);
    handOver(`${file}.new`);
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    preload: [library, 'libc.so.6'],
    env: { FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    starting() {
      startedMs = nowMs();
      write();
    },
    set({ stepMs, rate }) {
      setting = { stepMs, rate, sinceMs: nowMs() };
      write();
    },
    // It leaves no trace of its own; whoever sets the clock looks at it afterwards.
    isLoadedIn: () => true,
  };
}
