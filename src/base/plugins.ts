/**
 * Plug-ins are found by listing a folder: a module with a default export is one, and its name is the file's. A module
 * without is a helper of its neighbours.
 */
import { readdir } from 'node:fs/promises';
import { register } from 'node:module';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LockbenchError, type LockStrategy, type StrategyPlan } from '../contract/index.js';
import { after } from './clock.js';

export interface Named {
  readonly name: string;
}

const folders = {
  strategy: [new URL('../../strategies/', import.meta.url), new URL('../../strategies/peers/', import.meta.url)],
  workload: [new URL('../workloads/', import.meta.url)],
  'load shape': [new URL('../load/', import.meta.url)],
  check: [new URL('../check/', import.meta.url)],
  reporter: [new URL('../report/', import.meta.url)],
  'report of a comparison': [new URL('../compare/report/', import.meta.url)],
  'report of conformance': [new URL('../conform/report/', import.meta.url)],
  scenario: [new URL('../../bench/scenarios/', import.meta.url)],
  fault: [new URL('../faults/', import.meta.url)],
  'conformance case': [new URL('../conform/cases/', import.meta.url)],
} as const;

export type PluginKind = keyof typeof folders;

/** All plug-ins of a kind, by name. The caller says what they are: the contract test holds each to it. */
export async function listPlugins<T extends Named>(kind: PluginKind): Promise<T[]> {
  return pluginsIn<T>(kind, await filesOf(kind));
}

/**
 * Those of these names, and no others are loaded. Where a name is nobody's it is all of them: whoever asked wants to be told what
 * there is.
 */
export async function choosePlugins<T extends Named>(kind: PluginKind, names: readonly string[]): Promise<T[]> {
  const files = await filesOf(kind);
  const chosen = await pluginsIn<T>(
    kind,
    files.filter(({ file }) => names.includes(nameOf(file))),
  );
  const allThere = names.every((name) => chosen.some((plugin) => plugin.name === name));
  return allThere ? chosen : pluginsIn<T>(kind, files);
}

export async function loadPlugin<T extends Named>(kind: PluginKind, name: string): Promise<T> {
  const found = await choosePlugins<T>(kind, [name]);
  const plugin = found.find((candidate) => candidate.name === name);
  if (plugin !== undefined) return plugin;
  throw unknownName(
    kind,
    name,
    found.map((candidate) => candidate.name),
  );
}

interface PluginFile {
  readonly folder: URL;
  readonly file: string;
}

async function filesOf(kind: PluginKind): Promise<readonly PluginFile[]> {
  const listed = await Promise.all(
    folders[kind].map(async (folder) => (await readdir(folder)).map((file) => ({ folder, file }))),
  );
  return listed.flat().filter(({ file }) => file.endsWith('.js') && !/(^|\.)test(ing)?\.js$/.test(file));
}

async function pluginsIn<T extends Named>(kind: PluginKind, files: readonly PluginFile[]): Promise<T[]> {
  const loaded = await Promise.all(
    files.map(async ({ folder, file }) => {
      const module = (await import(new URL(file, folder).href)) as { default?: T };
      return module.default === undefined ? [] : [named(kind, file, module.default)];
    }),
  );
  return loaded.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A plug-in that waits for something at its top level must not hold us up for ever. */
const loadLimitMs = 5_000;

let known = false;

/** Makes `import 'lockbench'` in a file anywhere mean this very package, installed beside it or not. */
function knowOurselves(): void {
  if (known) return;
  known = true;
  const index = new URL('../index.js', import.meta.url).href;
  const hook = `export const resolve = (name, context, next) =>
    name === 'lockbench' ? { url: ${JSON.stringify(index)}, shortCircuit: true } : next(name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}

function withinMs<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = after(limitMs, () => reject(new Error(`it did not finish loading within ${limitMs / 1000} s`)));
    work.then(resolve, reject).finally(stop);
  });
}

/** A plug-in from anywhere; its name is the file's. */
export async function loadPluginFile<T extends Named>(kind: PluginKind, file: string): Promise<T> {
  let module: { default?: T };
  try {
    knowOurselves();
    module = await withinMs(loadLimitMs, import(pathToFileURL(file).href) as Promise<{ default?: T }>);
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new LockbenchError(
      'BAD_PLUGIN',
      `the ${kind} ${file} cannot be loaded: ${reason}`,
      'It must be a JavaScript module that Node can import.',
      { cause },
    );
  }
  if (module.default === undefined) {
    throw new LockbenchError(
      'BAD_PLUGIN',
      `the ${kind} ${file} has no default export`,
      `Export the ${kind} as default; see "Adding a strategy" in the README.`,
    );
  }
  return named(kind, basename(file), module.default);
}

/** The design of a contestant, ours or from a file. */
export function loadStrategy({ name, file }: Pick<StrategyPlan, 'name' | 'file'>): Promise<LockStrategy> {
  return file === null ? loadPlugin('strategy', name) : loadPluginFile('strategy', file);
}

function named<T extends Named>(kind: PluginKind, file: string, plugin: T): T {
  const name = nameOf(file);
  if (plugin.name === name) return plugin;
  throw new LockbenchError(
    'BAD_PLUGIN',
    `the ${kind} in ${file} calls itself ${JSON.stringify(plugin.name)}`,
    `Its name must be the file's: ${JSON.stringify(name)}.`,
  );
}

function nameOf(file: string): string {
  return file.replace(/\.[cm]?js$/, '');
}

export function unknownName(kind: string, name: string, known: readonly string[]): LockbenchError {
  const near = nearest(name, known);
  const meant = near.length > 0 ? `Did you mean ${near.join(' or ')}? ` : '';
  return new LockbenchError(
    'BAD_ARGUMENT',
    `there is no ${kind} ${JSON.stringify(name)}`,
    `${meant}There are: ${known.join(', ')}.`,
  );
}

/** The known names within a few edits, nearest first. */
export function nearest(name: string, known: readonly string[]): string[] {
  const limit = Math.max(2, Math.floor(name.length / 3));
  return known
    .map((candidate) => ({ candidate, edits: editDistance(name, candidate) }))
    .filter(({ edits }) => edits <= limit)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Levenshtein. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
