/**
 * Who a process is: its number alone does not say, for numbers are used again. The start time tells two bearers of one
 * number apart, the working directory tells whether it is one of ours. Linux reads /proc; elsewhere `ps` and `lsof` answer.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

const toolLimitMs = 2_000;

/** The start time in the kernel's own words, to be compared only; null when there is no such process, or not any more. */
export function startTimeOf(pid: number): string | null {
  if (process.platform !== 'linux') return tool('ps', ['-o', 'lstart=', '-p', String(pid)]);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields 3 and 22 of proc(5), counted from behind the command's name, which may itself hold blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; whoever started it has only not asked yet how.
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

export function workingFolderOf(pid: number): string | null {
  if (process.platform !== 'linux') {
    const lines = tool('lsof', ['-a', '-p', String(pid), '-d', 'cwd', '-Fn'])?.split('\n');
    return lines?.find((line) => line.startsWith('n'))?.slice(1) ?? null;
  }
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

/** As registered: the same start time, and at home in the folder it was given or below, even if that has been removed by now. */
export function isStill(pid: number, startTime: string, folder: string): boolean {
  if (startTimeOf(pid) !== startTime) return false;
  const home = workingFolderOf(pid)?.replace(/ \(deleted\)$/, '');
  return home === folder || home?.startsWith(`${folder}/`) === true;
}

/** A process and all that descend from it, itself first. Where nothing tells, itself. */
export function familyOf(pid: number): readonly number[] {
  const family = [pid];
  for (const member of family) family.push(...childrenOf(member));
  return family;
}

function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux')
    return (
      tool('pgrep', ['-P', String(pid)])
        ?.split('\n')
        .map(Number) ?? []
    );
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** By SIGKILL. It is stopped first, so that no child slips away while they are counted. */
export function killFamily(pid: number): void {
  signalTo(pid, 'SIGSTOP');
  const family = familyOf(pid);
  for (const member of family) signalTo(member, 'SIGKILL');
}

export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone in the meantime.
  }
}

/** Each server leads a session, so its process group holds its forks (a snapshot for a replica) as well. */
export function killSession(pid: number): void {
  for (const target of [-pid, pid]) signalTo(target, 'SIGKILL');
}

function tool(name: string, args: readonly string[]): string | null {
  try {
    const text = execFileSync(name, args, {
      encoding: 'utf8',
      timeout: toolLimitMs,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.trim() === '' ? null : text.trim();
  } catch {
    return null;
  }
}
