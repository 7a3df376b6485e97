/** The import matrix as data: who may import whom. Read from the sources as text, so type-only imports count too. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The formats that reports of every document share. */
const reportParts = [
  'src/report/annotations.ts',
  'src/report/csv-text.ts',
  'src/report/junit-xml.ts',
  'src/report/markdown-text.ts',
];

/** Folder -> the folders (or single files) that it may import. */
const matrix: Readonly<Record<string, readonly string[]>> = {
  'src/contract': [],
  'src/base': ['src/contract'],
  'src/kit': ['src/contract'],
  'src/plan': [
    'src/contract',
    'src/base',
    'src/kit/keep-alive.ts',
    'src/faults/targets.ts',
    'src/faults/persistence.ts',
    'src/stats/metrics.ts',
  ],
  'src/faults': ['src/contract', 'src/base'],
  'src/clients': ['src/contract', 'src/base'],
  'src/servers': ['src/contract', 'src/base', 'src/clients', 'src/servers/shims'],
  'src/servers/shims': ['src/contract', 'src/base', 'src/servers/server-user.ts'],
  'src/relay': ['src/contract', 'src/base', 'src/clients/endpoint.ts'],
  'src/load': ['src/contract'],
  'src/workloads': ['src/contract'],
  'src/record': ['src/contract', 'src/base'],
  'src/resource': ['src/contract', 'src/base', 'src/record'],
  'src/stats': ['src/contract', 'src/record', 'src/check/violations.ts'],
  'src/check': ['src/contract'],
  'src/check/mutants': ['src/contract', 'src/base', 'src/kit', 'src/check', 'src/sim', 'strategies'],
  'src/sim': ['src/workloads', 'src/contract', 'src/base', 'src/kit', 'src/check', 'src/record'],
  'src/worker': [
    'src/contract',
    'src/base',
    'src/clients',
    'src/kit',
    'src/record',
    'src/resource/client.ts',
    'src/resource/frames.ts',
  ],
  'src/run': [
    'src/contract',
    'src/base',
    'src/clients/endpoint.ts',
    'src/servers',
    'src/relay/thread.ts',
    'src/faults/targets.ts',
    'src/faults/persistence.ts',
    'src/resource/start.ts',
    'src/record',
    'src/worker/protocol.ts',
    'src/worker/direct-line.ts',
    'src/check',
    'src/stats',
  ],
  'src/report': [
    'src/contract',
    'src/base',
    'src/check/judge.ts',
    'src/check/violations.ts',
    'src/check/run-validity.ts',
    'src/record/hdr-text.ts',
  ],
  'src/cli': [
    'src/contract',
    'src/base',
    'src/clients/endpoint.ts',
    'src/plan',
    'src/servers',
    'src/record',
    'src/run',
    'src/check',
    'src/conform',
    'src/compare',
    'src/stats/metrics.ts',
    'src/report/text.ts',
  ],
  'src/compare': [
    'src/contract',
    'src/base',
    'src/clients',
    'src/kit',
    'src/record',
    'src/stats',
    'src/servers',
    'src/run/environment.ts',
    'src/run/observer.ts',
    'src/worker/keys.ts',
    'src/worker/session.ts',
  ],
  'src/compare/report': ['src/contract', 'src/base', 'src/compare', ...reportParts],
  'src/conform': ['src/contract', 'src/base', 'src/clients', 'src/kit', 'src/servers', 'src/relay'],
  'src/conform/report': ['src/contract', 'src/base', 'src/conform', ...reportParts],
  'src/conform/cases': ['src/contract', 'src/base', 'src/kit', 'src/conform'],
  strategies: ['src/contract', 'src/kit', 'src/base/cancel.ts'],
  // Published libraries, which are imported when they are used.
  'strategies/peers': ['src/contract', 'src/kit', 'src/base/cancel.ts', 'src/base/packages.ts'],
  'bench/scenarios': ['src/cli/options.ts'],
};

/** Package -> the only folders that may import it. */
const packages: Readonly<Record<string, readonly string[]>> = {
  ioredis: ['src/clients'],
  redis: ['src/clients'],
  '@redis/client': ['src/clients'],
  pg: ['src/clients'],
  'node-zookeeper-client/lib/jute/index.js': ['src/clients'],
  testcontainers: ['src/servers'],
  yargs: ['src/cli'],
  'hdr-histogram-js': ['src/record'],
};

/** What only one place may touch. */
const words: readonly { readonly word: RegExp; readonly allowed: readonly string[] }[] = [
  {
    word: /\bMath\.random\b|\bDate\.now\b|\bnew Date\b|\bperformance\.now\b|\bprocess\.hrtime\b/,
    allowed: ['src/base'],
  },
  { word: /\bset(Timeout|Interval|Immediate)\(/, allowed: ['src/base'] },
  { word: /\bconsole\./, allowed: ['src/cli'] },
  {
    word: /\bprocess\.exit\(/,
    allowed: ['src/cli', 'src/worker/thread-entry.ts', 'src/worker/process-entry.ts', 'src/servers/guardian-main.ts'],
  },
];

interface Source {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sourcesBelow(folder: string): Source[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesBelow(path);
    if (!path.endsWith('.ts') || /\b(test|testing)\.ts$/.test(path)) return [];
    const text = readFileSync(join(root, path), 'utf8');
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]);
    return [{ path, folder: dirname(path), text, imports }];
  });
}

const sources = ['src', 'strategies', 'bench/scenarios'].flatMap(sourcesBelow);
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
const within = (path: string, allowed: readonly string[]): boolean =>
  allowed.some((place) => path === place || dirname(path) === place);

describe('imports', () => {
  it('finds the sources', () => expect(sources.length).toBeGreaterThan(50));

  it('go only where the matrix allows', () => {
    const wrong = sources
      .filter(({ path }) => path !== 'src/index.ts')
      .flatMap(({ path, folder, imports }) =>
        imports
          .filter((target) => target.startsWith('.'))
          .map((target) => relative(root, resolve(root, folder, target)).replace(/\.js$/, '.ts'))
          .filter((target) => dirname(target) !== folder && !within(target, matrix[folder] ?? []))
          .map((target) => `${path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('bring each package in at one place', () => {
    const wrong = sources.flatMap(({ path, folder, imports }) =>
      imports
        .filter((target) => packages[target] !== undefined && !packages[target].includes(folder))
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('leave clocks, timers, chance, the console and the end of the process to one place each', () => {
    const wrong = sources.flatMap(({ path, text }) =>
      words
        .filter(({ word, allowed }) => word.test(code(text)) && !within(path, allowed))
        .map(({ word }) => `${path} uses ${word.source}`),
    );
    expect(wrong).toEqual([]);
  });
});
