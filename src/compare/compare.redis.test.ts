/** Small comparisons on real servers, as a person or a CI job meets them. A shared machine may be too noisy once: tried again. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { delay } from '../base/clock.js';
import { bench, emptyRoom, processesIn, removeRooms, runFolders, type Ended } from '../cli/testing.js';
import type { CompareDocument } from './document.js';

afterAll(removeRooms);

const single = new URL('../../strategies/single.js', import.meta.url).href;
const json = ({ out }: Ended): CompareDocument => JSON.parse(out) as CompareDocument;
const compare = (baseline: string, candidate: string, ...more: string[]): string[] =>
  ['compare', '--baseline', baseline, '--candidate', candidate, '--format', 'json', '--quiet'].concat(more);

/** `single` with something done before each acquire. */
function changedSingle(room: string, before: string): void {
  const source = `import single from '${single}';
    export default { ...single, name: 'changed', async open(...given) {
      const session = await single.open(...given);
      const acquire = session.acquire.bind(session);
      session.acquire = async (key, request) => { ${before}; return acquire(key, request); };
      return session;
    } };`;
  writeFileSync(join(room, 'changed.mjs'), source);
}

/** This verdict; on a machine too noisy for any, none, with the reasons and an exit code of its own: a side is never blamed wrongly. */
function expectVerdict(document: CompareDocument, verdict: CompareDocument['verdict'], exitCode: number): void {
  if (document.verdict === 'invalid') {
    expect(document.exitCode).toBe(6);
    expect(document.invalid).not.toEqual([]);
  } else expect([document.verdict, document.exitCode]).toEqual([verdict, exitCode]);
}

/** So much that no noise hides it: some ten cycles. */
const wait5Ms = 'await new Promise((resolve) => setTimeout(resolve, 5))';

async function untilNone(room: string): Promise<void> {
  for (let i = 0; i < 100 && processesIn(room).length > 0; i += 1) await delay(50);
  expect(processesIn(room)).toEqual([]);
}

describe('bench compare', { timeout: 120_000, retry: 1 }, () => {
  it('counts what asking all nodes at once saves against one after another', async () => {
    const one = ['--contenders', '1', '--budget', '11s', '--seed', '1'];
    const { ended, room } = bench(compare('redlock@fanout=sequential', 'redlock', ...one));
    const document = json(await ended);
    expect(document.verdict).not.toBe('regression');
    expect(document.exact.candidate.commandsPerGrant).toBe(10);
    expect(document.exact.candidate.roundTripsPerGrant).toBe(2);
    expect(document.exact.baseline.roundTripsPerGrant).toBeGreaterThan(4);
    expect(document.generations).toHaveLength(6);
    const [folder] = runFolders(room);
    expect(JSON.parse(readFileSync(join(folder, 'compare.json'), 'utf8'))).toEqual(document);
    await untilNone(room);
  });

  it('says of a design that is granted nothing what it answered, before time is spent on it', async () => {
    const room = emptyRoom();
    changedSingle(room, "if (key !== '') return { kind: 'refused', why: 'unreachable', tries: 1 }");
    const { code, err } = await bench(compare('single', './changed.mjs', '--budget', '12s'), { room }).ended;
    expect(code, err).toBe(2);
    expect(err).toMatch(/the candidate was granted nothing in the first look at it: \d+ unreachable/);
  });

  it('finds a delay in a copy given by its path a regression, which fails, and shows again', async () => {
    const room = emptyRoom();
    changedSingle(room, wait5Ms);
    const document = json(await bench(compare('single', './changed.mjs', '--budget', '12s'), { room }).ended);
    expectVerdict(document, 'regression', 4);
    if (document.verdict === 'regression') expect(document.confirmation).toMatchObject({ confirmed: true });
    expect(document.exact.candidate.commandsPerGrant).toBe(document.exact.baseline.commandsPerGrant);
  });

  it('finds the other way round an improvement', async () => {
    const room = emptyRoom();
    changedSingle(room, wait5Ms);
    const document = json(await bench(compare('./changed.mjs', 'single', '--budget', '12s'), { room }).ended);
    expectVerdict(document, 'improvement', 0);
  });

  it('keeps what was measured on Ctrl-C, with no verdict', async () => {
    const running = bench(['compare', '--baseline', 'single', '--candidate', 'single', '--format', 'json']);
    await running.says('generation 1 of');
    running.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    expect(json(ended)).toMatchObject({ partial: true, verdict: 'invalid' });
    expect(json(ended).generations.length).toBeGreaterThan(0);
    await untilNone(running.room);
  });

  it('leaves neither sides nor servers behind when it is killed', async () => {
    const running = bench(['compare', '--baseline', 'single', '--candidate', 'single']);
    await running.says('generation 1 of');
    // The server, and both sides.
    expect(processesIn(running.room).length).toBeGreaterThanOrEqual(3);
    running.kill('SIGKILL');
    await running.ended;
    await untilNone(running.room);
  });

  it('tells whose process was lost', async () => {
    const room = emptyRoom();
    changedSingle(room, "process.kill(process.pid, 'SIGKILL')");
    const ended = await bench(compare('single', './changed.mjs'), { room }).ended;
    expect(ended.code).toBe(6);
    expect(ended.err).toContain('the process of the candidate was lost: it was killed by SIGKILL');
    await untilNone(room);
  });

  it('finds no regression in a design compared with itself, and stores how much it could tell apart', async () => {
    const room = emptyRoom();
    const args = ['calibrate', '--strategy', 'single', '--budget', '10s', '--quiet', '--format', 'json'];
    const document = json(await bench(args, { room }).ended);
    expect(document.verdict).not.toBe('regression');
    expect(document.exact.candidate).toMatchObject({ commandsPerGrant: 2, roundTripsPerGrant: 2 });
    const stored = existsSync(join(room, 'results', 'calibration.json'));
    expect([stored, document.exitCode]).toEqual(document.verdict === 'invalid' ? [false, 6] : [true, 0]);
  });
});

describe('wrong arguments of bench compare', { timeout: 30_000 }, () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));

  it.concurrent.each([
    [['compare', '--baseline', 'single'], 'compare needs --baseline and --candidate'],
    [['compare', '--baseline', 'single', '--candidate', 'singel'], '--candidate: got "singel", did you mean single?'],
    [['compare', '--baseline', 'single,redlock', '--candidate', 'single'], 'a side is one strategy'],
    [['compare', '--baseline', 'single', '--candidate', 'single', '--workers', '2'], 'does not take --workers'],
    [['compare', '--baseline', 'single', '--candidate', 'single', '--budget', '3s'], '--budget 3s does not suffice'],
    [['compare', '--baseline', 'single', '--candidate', 'single', '--keys', '1'], 'a shorter --retry'],
    [
      ['compare', '--baseline', 'single', '--candidate', 'single', '--inconclusive', 'no'],
      'expected one of pass, fail',
    ],
    [['compare', '--baseline', 'single', '--candidate', './none.js'], 'cannot be loaded'],
    [['compare', '--baseline', './a.js@git=main', '--candidate', 'single'], 'strategies of this repository'],
    [['--baseline', 'single'], 'a run takes no --baseline'],
  ])('%o', async (args, words) => {
    const { code, err } = await bench([...args]).ended;
    expect([code, err]).toEqual([2, expect.stringContaining(words)]);
  });

  it.runIf(existsSync(join(root, '.git')))('a revision that is not there', async () => {
    const { code, err } = await bench(['compare', '--baseline', 'single@git=nowhere', '--candidate', 'single']).ended;
    expect([code, err]).toEqual([2, expect.stringContaining('there is no such revision')]);
  });

  it.runIf(existsSync(join(root, '.git')))('takes a strategy as it was at a revision', async () => {
    const room = emptyRoom();
    const args = ['compare', '--baseline', 'single@git=HEAD,timeout=400ms', '--candidate', 'single', '--dry-run'];
    const ended = await bench(args, { room }).ended;
    expect([ended.code, ended.err]).toEqual([0, expect.any(String)]);
    const { baseline } = JSON.parse(ended.out) as CompareDocument['plan'];
    expect(baseline).toMatchObject({ label: 'single@git=HEAD,timeout=400ms', options: { timeout: 400 } });
    expect(baseline.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(existsSync(baseline.file!)).toBe(false);
  });
});
