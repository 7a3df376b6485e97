/**
 * Shims are compiled on the spot, with whatever C compiler the machine has: what is preloaded has to fit its C library,
 * and a package of compiled libraries would fit few.
 */
import { execFile, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { LockbenchError } from '../../contract/index.js';

export type Compiler =
  | { readonly found: true; readonly program: string; readonly args: readonly string[] }
  | { readonly found: false; readonly reason: string };

const compileLimitMs = 30_000;
const complaintLines = 4;
const names = ['gcc', 'cc', 'clang'] as const;
const headers = '#include <dlfcn.h>\n#include <sys/mman.h>\n#include <sys/syscall.h>\n#include <time.h>\n';

const usable = new Map<string, boolean>();

/** The one that $CC names, else the first on PATH. A compiler without the headers of a C library does not count. */
export function findCompiler(): Compiler {
  const [named, ...args] = (process.env['CC'] ?? '').split(/\s+/).filter((word) => word !== '');
  const candidates = named === undefined ? names.map((name) => [name, []] as const) : [[named, args] as const];
  let reason = named === undefined ? 'no compiler (gcc, cc or clang)' : `no compiler (CC is ${named}, not to be found)`;
  for (const [name, more] of candidates) {
    const program = onPath(name);
    if (program === null) continue;
    if (findsHeaders(program, more)) return { found: true, program, args: more };
    reason = `no headers of the C library for ${name} (Debian: apt-get install libc6-dev)`;
  }
  return { found: false, reason };
}

/** Leaves `<name>.so` in the folder and resolves with its path. */
export async function compile(folder: string, name: string, source: string): Promise<string> {
  const compiler = findCompiler();
  if (!compiler.found) throw new LockbenchError('SERVER_FAILED', `${name} cannot be built: ${compiler.reason}`);
  const [from, to] = [join(folder, `${name}.c`), join(folder, `${name}.so`)];
  writeFileSync(from, source);
  try {
    const args = [...compiler.args, '-O2', '-shared', '-fPIC', '-o', to, from, '-ldl'];
    await promisify(execFile)(compiler.program, args, { cwd: folder, timeout: compileLimitMs });
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const complaint = (stderr.trim() || message).split('\n').slice(0, complaintLines).join('\n');
    throw new LockbenchError(
      'SERVER_FAILED',
      `${name} cannot be built by ${compiler.program}:\n${complaint}`,
      'CC names another compiler.',
    );
  }
  return to;
}

function onPath(name: string): string | null {
  if (name.includes('/')) return isProgram(resolve(name)) ? resolve(name) : null;
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => resolve(folder, name)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function findsHeaders(program: string, args: readonly string[]): boolean {
  const key = [program, ...args].join(' ');
  const known = usable.get(key);
  if (known !== undefined) return known;
  const options = { input: headers, timeout: compileLimitMs };
  const works = spawnSync(program, [...args, '-E', '-x', 'c', '-'], options).status === 0;
  usable.set(key, works);
  return works;
}
