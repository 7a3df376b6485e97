/**
 * What has to be loaded before the program can do anything, from the compiled modules: their imports, all that follow from these,
 * and nothing that is asked for later. A package that slips in here is a start that is slower for everybody.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { choosePlugins, listPlugins } from './base/plugins.js';

const here = new URL('./', import.meta.url);

/** Modules as paths below `src/`, packages by name; Node's own are left out. */
function loadedWith(entry: string): { readonly modules: readonly string[]; readonly packages: readonly string[] } {
  const modules = new Set<string>();
  const packages = new Set<string>();
  const visit = (url: URL): void => {
    const path = url.href.slice(here.href.length);
    if (modules.has(path)) return;
    modules.add(path);
    const code = readFileSync(fileURLToPath(url), 'utf8');
    for (const [, target] of code.matchAll(/^(?:import|export)\s(?:[^;'"]*?\sfrom\s*)?['"]([^'"]+)['"]/gm)) {
      if (target.startsWith('.')) visit(new URL(target, url));
      else if (!target.startsWith('node:')) packages.add(target);
    }
  };
  visit(new URL(entry, here));
  return { modules: [...modules], packages: [...packages].sort() };
}

describe('the start', () => {
  it.each<[string, string, readonly string[]]>([
    ['the program', 'cli/main.js', []],
    ['its help', 'cli/help.js', []],
    ['the parser of its options', 'cli/parse.js', ['yargs']],
    ['a run, until its servers are started', 'cli/run.js', []],
    ['servers of Redis', 'servers/provision.js', []],
    ['what a round takes', 'run/run-round.js', []],
    ['the guardian', 'servers/guardian-main.js', []],
    ['a worker thread', 'worker/thread-entry.js', []],
    ['a worker process', 'worker/process-entry.js', []],
    ['Redis as an engine, without a client', 'clients/redis-engine.js', []],
    ['its client ioredis', 'clients/ioredis-wire.js', ['ioredis']],
    ['its client of our own', 'clients/pipelined-wire.js', []],
  ])('of %s brings in no packages but its own', (_, entry, own) => {
    expect(loadedWith(entry).packages).toEqual(own);
  });

  it('finds what a module imports', () => {
    const { modules, packages } = loadedWith('record/hdr.js');
    expect(packages).toEqual(['hdr-histogram-js']);
    expect(modules).toContain('record/histogram.js');
  });

  it('of a run loads nothing that judges it', () => {
    const { modules } = loadedWith('run/benchmark.js');
    expect(modules.filter((path) => /^(report\/|run\/conclude|check\/overlaps)/.test(path))).toEqual([]);
  });
});

describe('plug-ins', () => {
  it('are loaded by name, and all of them where nobody has that name', async () => {
    const names = async (...wanted: string[]): Promise<readonly string[]> =>
      (await choosePlugins('fault', wanted)).map(({ name }) => name);
    expect(await names()).toEqual([]);
    expect(await names('kill', 'cut')).toEqual(['cut', 'kill']);
    const all = (await listPlugins('fault')).map(({ name }) => name);
    expect(await names('kill', 'nobody')).toEqual(all);
    // There is such a file, and it is no plug-in.
    expect(await names('targets')).toEqual(all);
  });
});
