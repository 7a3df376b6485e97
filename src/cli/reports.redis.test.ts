/** `--report` and GitHub Actions, for the commands that are no run: the same means, the same rules. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CompareDocument } from '../compare/document.js';
import type { ConformDocument } from '../conform/results.js';
import { parseXml } from '../report/testing.js';
import { bench, emptyRoom, removeRooms } from './testing.js';

afterAll(removeRooms);

/** A job's folder, with the page of the job begun, and a file where a folder would have to be. */
function job(): { room: string; env: NodeJS.ProcessEnv; read: (name: string) => string } {
  const room = emptyRoom();
  mkdirSync(join(room, 'gh'));
  writeFileSync(join(room, 'gh', 'summary.md'), 'before\n');
  writeFileSync(join(room, 'file'), '');
  const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(room, 'gh', 'summary.md') };
  return { room, env, read: (name) => readFileSync(join(room, name), 'utf8') };
}

const reports = (...texts: readonly string[]): string[] => texts.flatMap((text) => ['--report', text]);
const compare = ['compare', '--baseline', 'single', '--candidate', 'single'];
const conform = ['conform', '--strategy', 'single', '--client', 'ioredis', '--case', 'grants-a-free-lock'];

describe('bench compare', { timeout: 60_000 }, () => {
  it('writes any number of reports, whatever becomes of one of them, and tells GitHub', async () => {
    const { room, env, read } = job();
    const files = reports(
      'junit=out/deep/junit.xml',
      'json=out/compare.json',
      'csv=file/no.csv',
      'csv=out/metrics.csv',
      'markdown=out/compare.md',
      'github-action-benchmark=out/points.json',
    );
    const ended = await bench([...compare, '--budget', '10s', ...files], { room, env }).ended;
    const document = JSON.parse(read('out/compare.json')) as CompareDocument;
    expect(ended.code).toBe(document.exitCode === 0 ? 3 : document.exitCode);
    expect(ended.err).toContain('the report csv could not be written to file/no.csv');
    expect(ended.err).toMatch(/^::(notice|warning|error) title=single \(candidate\) against single \(baseline\)%3A/m);
    expect(ended.out).toContain('candidate  single (candidate)');
    const [suite] = parseXml(read('out/deep/junit.xml')).children;
    expect(suite.attributes).toMatchObject({ tests: '6' });
    expect(suite.attributes.failures === '0').toBe(document.exitCode === 0);
    expect(read('out/metrics.csv').split('\r\n')).toHaveLength(6);
    expect(JSON.parse(read('out/points.json'))).toHaveLength(document.verdict === 'invalid' ? 0 : 5);
    expect(read('gh/summary.md')).toBe(`before\n${read('out/compare.md')}\n`);
    expect(existsSync(join(document.folder!.startsWith('/') ? '' : room, document.folder!, 'compare.json'))).toBe(true);
  });
});

describe('bench conform', { timeout: 60_000 }, () => {
  it('writes any number of reports, whatever becomes of one of them, and tells GitHub', async () => {
    const { room, env, read } = job();
    const files = reports('junit=out/junit.xml', 'json=out/c.json', 'table=file/no', 'markdown=out/c.md');
    const ended = await bench([...conform, ...files, '--format', 'github'], { room, env }).ended;
    expect([ended.code, ended.err]).toEqual([3, expect.stringContaining('the report table could not be written')]);
    expect(ended.out).toMatch(/^::notice title=lockbench%3A single on ioredis%2C one server::1 pass/);
    // Where they are printed anyway they are not told twice.
    expect(ended.err).not.toContain('::notice');
    expect((JSON.parse(read('out/c.json')) as ConformDocument).exitCode).toBe(0);
    const [suite] = parseXml(read('out/junit.xml')).children;
    expect(suite.attributes).toMatchObject({ name: 'single on ioredis, one server', tests: '1', failures: '0' });
    expect(read('gh/summary.md')).toBe(`before\n${read('out/c.md')}\n`);
  });

  it('annotates a broken claim, which a report that is missing does not hide', async () => {
    const { room, env } = job();
    const claims = '{ exclusion: true, expires: true, ownerRelease: true, toleratesDown: 0, toleratesLoss: 0 }';
    const code = `export default { name: 'mine', help: 'grants nothing', engine: 'redis', topology: 'single', options: {},
      judge: () => ({ claims: ${claims}, ttl: { minMs: 1, maxMs: 1e8 } }),
      open: async () => ({ acquire: async () => ({ kind: 'refused', why: 'busy' }), close: async () => {} }) };`;
    writeFileSync(join(room, 'mine.mjs'), code);
    const args = [...conform.with(2, './mine.mjs'), ...reports('json=file/no.json')];
    const ended = await bench(args, { room, env }).ended;
    expect([ended.code, ended.err]).toEqual([5, expect.stringMatching(/^::error title=.*grants-a-free-lock::/m)]);
  });
});

describe('--report of both', { timeout: 30_000 }, () => {
  it.each([
    [compare, 'hlog=out.hlog', 'there is no report of a comparison "hlog"'],
    [compare, 'junti=out.xml', 'Did you mean junit?'],
    [compare, 'csv=./a', 'the path is taken by json'],
    [compare, 'csv=gh', 'its path is a folder'],
    [['calibrate'], 'csv', 'expected REPORTER=PATH'],
    [conform, 'csv=out.csv', 'there is no report of conformance "csv"'],
    [conform, 'junit=a', 'the path is taken by json'],
  ])('%j refuses %s among others before anything starts', async (args, text, words) => {
    const { room, env } = job();
    const { code, err, out } = await bench([...args, ...reports('json=a', text, 'markdown=b')], { room, env }).ended;
    expect([code, err, out]).toEqual([2, expect.stringContaining(words), '']);
    expect(readdirSync(room).sort()).toEqual(['file', 'gh']);
  });
});
