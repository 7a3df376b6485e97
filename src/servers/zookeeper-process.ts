/**
 * The server program of ZooKeeper, alone or as one of an ensemble. It tells no process number, but the folder that it runs in
 * (`envi`, user.dir), which is nobody else's.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nowMs } from '../base/clock.js';
import { ask, modeIn } from '../clients/zookeeper-words.js';
import type { Persistence } from '../contract/index.js';
import type { Question } from './own-answer.js';
import { nextPort, type Berthing, type ServerProgram } from './server-process.js';
import { handOver } from './server-user.js';
import { zookeeperSettings } from './zookeeper-settings.js';
import type { ZookeeperJars } from './zookeeper-jars.js';

const host = '127.0.0.1';
/** An ensemble may have lost its majority: one that was started again must not wait for others that are not. */
const aloneMs = 2_000;
/** No process number: somebody else's server answers on the port. */
const stranger = -1;

/** What the members of an ensemble must know of one another; null for one alone. */
export interface Membership {
  /** From 1. */
  readonly number: number;
  /** "server.1=host:port:port", one for each. */
  readonly lines: readonly string[];
  readonly clientPort: number;
}

export function membershipsOf(nodes: number): readonly (Membership | null)[] {
  if (nodes === 1) return [null];
  const numbers = Array.from({ length: nodes }, (_, i) => i + 1);
  const lines = numbers.map((number) => `server.${number}=${host}:${nextPort()}:${nextPort()}`);
  return numbers.map((number) => ({ number, lines, clientPort: nextPort() }));
}

export function zookeeperProgram(
  { java, classPath }: ZookeeperJars,
  persistence: Persistence,
  member: Membership | null,
): ServerProgram {
  let aliveSinceMs: number | null = null;
  return {
    path: java.path,
    hint: 'Run that program by hand to see what it lacks, or name the folder of another release: BENCH_ZOOKEEPER=/path/to/zookeeper.',
    prepare(berthing) {
      aliveSinceMs = null;
      writeConfiguration(berthing, persistence, member);
      return Promise.resolve();
    },
    ...(member === null ? {} : { port: member.clientPort }),
    args: ({ folder }) => [
      '-Xmx128m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:-UsePerfData',
      '-cp',
      classPath,
      'org.apache.zookeeper.server.quorum.QuorumPeerMain',
      configurationIn(folder),
    ],
    env: () => ({}),
    ask: ({ folder, port }, limitMs, pid) =>
      question(async () => {
        const where = { host, port, tls: false };
        const home = /^user\.dir=(.*)$/m.exec(await ask('envi', where, limitMs))?.[1];
        if (home === undefined) return null;
        if (home !== folder) return stranger;
        aliveSinceMs ??= nowMs();
        if (modeIn(await ask('srvr', where, limitMs)) !== null) return pid;
        return member !== null && nowMs() - aliveSinceMs > aloneMs ? pid : null;
      }),
    startLimitMs: 30_000,
    portTaken: /Address already in use|BindException/,
  };
}

function configurationIn(folder: string): string {
  return join(folder, 'zoo.cfg');
}

function writeConfiguration({ folder, port }: Berthing, persistence: Persistence, member: Membership | null): void {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const lines = {
    ...zookeeperSettings(persistence),
    dataDir: data,
    clientPort: port,
    clientPortAddress: host,
  };
  const text = [...Object.entries(lines).map(([name, value]) => `${name}=${value}`), ...(member?.lines ?? [])];
  writeFileSync(configurationIn(folder), `${text.join('\n')}\n`);
  if (member !== null) writeFileSync(join(data, 'myid'), `${member.number}\n`);
  handOver(data);
}

function question(answer: () => Promise<number | null>): Question {
  return { answer: answer().catch(() => null), cancel: () => {} };
}
