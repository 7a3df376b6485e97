/**
 * A strategy as it was at another revision of this repository: the revision is built in a folder of its own, and the design
 * with what it imports is taken from there. Everything around it is this build's, on both sides.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LockbenchError } from '../contract/index.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
const limitMs = 120_000;
const outputBytes = 64 * 1024 * 1024;

export interface BuiltRevision {
  readonly commit: string;
  readonly folder: string;
}

export class Revisions {
  readonly #built = new Map<string, BuiltRevision>();

  /** The file of a strategy as it was at `revision`; builds that first. Rejects in words for what git or tsc do not take. */
  async strategyFile(revision: string, strategy: string): Promise<{ readonly file: string; readonly commit: string }> {
    const commit = await this.#commitOf(revision);
    const built = this.#built.get(commit) ?? (await this.#build(revision, commit));
    const file = join(built.folder, 'dist', 'strategies', `${strategy}.js`);
    if (existsSync(file)) return { file, commit };
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `at ${revision} (${commit.slice(0, 12)}) there is no strategy ${JSON.stringify(strategy)}, or it does not compile`,
      'Name a revision that has it.',
    );
  }

  remove(): void {
    for (const { folder } of this.#built.values()) rmSync(folder, { recursive: true, force: true });
    this.#built.clear();
  }

  async #commitOf(revision: string): Promise<string> {
    if (!existsSync(join(root, '.git')))
      throw new LockbenchError(
        'BAD_ARGUMENT',
        `git=${revision}: this lockbench does not run from a clone of its repository`,
        'Clone it, or give the other version as a file: ./old/redlock.js',
      );
    try {
      const { stdout } = await run(
        'git',
        ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`],
        {
          cwd: root,
        },
      );
      return stdout.trim();
    } catch (cause) {
      throw new LockbenchError(
        'BAD_ARGUMENT',
        `git=${revision}: there is no such revision`,
        'Such as git=main~3, a tag, or a commit. A shallow clone knows the newest only: git fetch --unshallow.',
        { cause },
      );
    }
  }

  async #build(revision: string, commit: string): Promise<BuiltRevision> {
    const folder = mkdtempSync(join(tmpdir(), 'lockbench-revision-'));
    const built = { commit, folder };
    this.#built.set(commit, built);
    try {
      const archive = join(folder, 'revision.tar');
      await run('git', ['archive', '--format=tar', '-o', archive, commit], { cwd: root });
      await run('tar', ['-xf', archive, '-C', folder]);
      rmSync(archive);
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
    } catch (cause) {
      throw new LockbenchError('INTERNAL', `${revision} cannot be taken out of git: ${(cause as Error).message}`, '', {
        cause,
      });
    }
    const compiler = join(folder, 'node_modules', 'typescript', 'bin', 'tsc');
    // It may well complain, of types that are other than it knew: what counts is whether the design is there.
    await run(process.execPath, [compiler, '-p', '.'], { cwd: folder, timeout: limitMs, maxBuffer: outputBytes }).catch(
      () => {},
    );
    return built;
  }
}
