/** The resource's process and a worker's connection to it, as they are in a run. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { resourceOps, type Fencing, type LockbenchError } from '../contract/index.js';
import { delay, nowNs } from '../base/clock.js';
import { readResource, resourceLogFile } from '../record/resource-rows.js';
import { connectResource } from './client.js';
import { ResourceLog } from './log.js';
import { startResource, type ResourceProcess } from './start.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'resource-test-'));
  folders.push(folder);
  return folder;
};
const isRunning = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
const nobody = (error: LockbenchError): void => {
  throw error;
};

async function started(fencing: Fencing = 'off'): Promise<{ folder: string; server: ResourceProcess; lost: string[] }> {
  const folder = newFolder();
  const lost: string[] = [];
  return { folder, server: await startResource(folder, fencing, (text) => lost.push(text)), lost };
}

describe('the resource', () => {
  it('answers many operations on one connection, and records them in the order of arrival', async () => {
    const { folder, server, lost } = await started('writes');
    const client = await connectResource(server.address, nobody);
    const beforeNs = nowNs();
    const first = client.use(3).section(2, 0, 7n);
    const second = client.use(4).section(2, 5, 6n);
    const answers = await Promise.all([
      first.write(0, 11),
      second.read(0),
      second.write(0, 12),
      first.write(9_000_000_000, 2 ** 40),
      first.read(9_000_000_000),
    ]);
    expect(answers).toEqual([true, 11, false, true, 2 ** 40]);
    client.close();
    expect(await server.stop()).toEqual({ operations: 5, lost: [] });
    const { rows, cut } = readResource(folder)!;
    expect(cut).toEqual([]);
    expect([...rows.contender]).toEqual([3, 4, 4, 3, 3]);
    expect([...rows.grant]).toEqual([0, 5, 5, 0, 0]);
    expect([...rows.key]).toEqual([2, 2, 2, 2, 2]);
    const { write, read, refusedWrite } = resourceOps;
    expect([...rows.op]).toEqual([write, read, refusedWrite, write, read]);
    expect([...rows.item]).toEqual([0, 0, 0, 9e9, 9e9]);
    expect([...rows.value]).toEqual([11, 11, NaN, 2 ** 40, 2 ** 40]);
    expect([...rows.fence]).toEqual([7n, 6n, 6n, 7n, 7n]);
    expect([...rows.atNs].every((ns, i) => ns >= (i === 0 ? beforeNs : rows.atNs[i - 1]) && ns <= nowNs())).toBe(true);
    expect(lost).toEqual([]);
  });

  it('records more than a chunk', async () => {
    const { folder, server } = await started();
    const client = await connectResource(server.address, nobody);
    const section = client.use(0).section(0, 0, undefined);
    for (let i = 0; i < 10; i += 1)
      await Promise.all(Array.from({ length: 1000 }, (_, n) => section.write(0, i * 1000 + n)));
    client.close();
    expect((await server.stop()).operations).toBe(10_000);
    const { rows } = readResource(folder)!;
    expect([...rows.value]).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
    expect(rows.fence[0]).toBe(-1n);
  });

  it('takes nothing from strangers', async () => {
    const { server } = await started();
    const stranger = connect({ host: '127.0.0.1', port: server.address.port });
    stranger.on('error', () => {});
    stranger.write(Buffer.alloc(400, 2));
    await new Promise<void>((resolve) => stranger.on('close', () => resolve()));
    expect((await server.stop()).operations).toBe(0);
  });

  it('is told as lost when it dies, and rejects what was under way', async () => {
    const { folder, server, lost } = await started();
    const dead: LockbenchError[] = [];
    const client = await connectResource(server.address, (error) => dead.push(error));
    const section = client.use(0).section(0, 0, undefined);
    await section.write(0, 1);
    process.kill(server.pid, 'SIGSTOP');
    const hanging = section.write(0, 2);
    process.kill(server.pid, 'SIGKILL');
    await expect(hanging).rejects.toMatchObject({ code: 'WORKER_LOST' });
    await expect(section.read(0)).rejects.toMatchObject({ code: 'WORKER_LOST' });
    expect(dead).toHaveLength(1);
    while (lost.length === 0) await delay(5);
    expect((await server.stop()).lost).toEqual(['the resource: it ended with SIGKILL']);
    expect(lost).toEqual(['the resource was lost: it ended with SIGKILL']);
    expect(readResource(folder)!.cut).toEqual(['the record of the resource is cut short']);
  });

  it('ends with its record on disk when the harness is gone, and not by signals to the terminal’s programs', async () => {
    const folder = newFolder();
    const script = `
      const { startResource } = await import(${JSON.stringify(new URL('./start.js', import.meta.url).href)});
      const { connectResource } = await import(${JSON.stringify(new URL('./client.js', import.meta.url).href)});
      const server = await startResource(${JSON.stringify(folder)}, 'off', () => {});
      process.kill(server.pid, 'SIGINT');
      process.kill(server.pid, 'SIGTERM');
      const client = await connectResource(server.address, () => {});
      await client.use(1).section(0, 0, undefined).write(0, 42);
      console.log(server.pid);
      setInterval(() => {}, 1000);`;
    const harness = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    });
    const pid = Number(
      await new Promise<string>((resolve) => harness.stdout.on('data', (data) => resolve(String(data)))),
    );
    harness.kill('SIGKILL');
    for (let i = 0; i < 200 && isRunning(pid); i += 1) await delay(20);
    expect(isRunning(pid)).toBe(false);
    const { rows, cut } = readResource(folder)!;
    expect([[...rows.value], cut]).toEqual([[42], []]);
  });
});

describe('the record of the resource', () => {
  const row = { atNs: 1, key: 0, contender: 0, grant: 0, op: 1, item: 0, value: 1, fence: -1n };

  it('is not there where there was no resource', () => expect(readResource(newFolder())).toBeNull());

  it('says how many rows did not fit', async () => {
    const folder = newFolder();
    const log = await ResourceLog.open(resourceLogFile(folder), 1000);
    for (let i = 0; i < 4096 + 10; i += 1) log.add(row);
    expect(await log.close()).toBeNull();
    const { rows, cut } = readResource(folder)!;
    expect(rows.count).toBe(4096);
    expect(cut).toEqual(['the resource did not keep 10 operations in its record']);
  });

  it('says when the disk refused it', async () => {
    const log = await ResourceLog.open('/dev/full');
    log.add(row);
    expect(await log.close()).toContain('ENOSPC');
    const nowhere = await ResourceLog.open(join(newFolder(), 'missing', 'resource.log'));
    nowhere.add(row);
    expect(await nowhere.close()).toContain('ENOENT');
  });

  it('is read as far as it goes when it was cut short', async () => {
    const folder = newFolder();
    const log = await ResourceLog.open(resourceLogFile(folder));
    for (let i = 0; i < 5000; i += 1) log.add({ ...row, value: i });
    await log.close();
    const path = resourceLogFile(folder);
    expect(readFileSync(path).subarray(0, 4).toString()).toBe('LBR1');
    truncateSync(path, statSync(path).size - 100);
    const { rows, cut } = readResource(folder)!;
    expect(rows.count).toBe(4997);
    expect(rows.value[4996]).toBe(4996);
    expect(cut).toHaveLength(1);
  });
});
