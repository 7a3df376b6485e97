/**
 * The server program etcd, as the nodes of one cluster on loopback. The cluster's token and the names of its members are drawn
 * anew for each, so an answer on a port that names one of them comes from our cluster and from nobody else's.
 */
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { freshSeed } from '../base/random.js';
import { delay, nowMs } from '../base/clock.js';
import { openEtcdAdmin } from '../clients/etcd-admin.js';
import { LockbenchError } from '../contract/index.js';
import type { EtcdBinary } from './etcd-binary.js';
import { freePort } from './free-port.js';
import type { Question } from './own-answer.js';
import type { Role } from './roles.js';
import type { Berthing, ServerProgram } from './server-process.js';

const host = '127.0.0.1';
/** The least that etcd's own documentation calls sensible on one machine: elections take a quarter of a second. */
const heartbeatMs = 50;
const electionMs = 250;
const adminLimitMs = 1_000;
/** An election may be under way. */
const rejoinLimitMs = 5_000;
const rejoinPauseMs = 50;
/** A majority that comes back comes back one by one, and the first has no leader before the others are there. */
const patienceMs = 1_500;
/** The server's own limit of how much of its history it keeps beside what is there now. */
const keptRevisions = 100_000;

interface Node {
  readonly name: string;
  readonly port: number;
  readonly peerPort: number;
}

export async function etcdPrograms(
  binary: EtcdBinary,
  roles: readonly Role[],
  withoutFsync: boolean,
): Promise<readonly ServerProgram[]> {
  const token = `lockbench-${process.pid}-${freshSeed().toString(36)}`;
  const nodes: Node[] = [];
  for (const [i] of roles.entries())
    nodes.push({ name: `${token}-${i + 1}`, port: await freePort(), peerPort: await freePort() });
  return nodes.map((node) => new EtcdProgram(binary, token, nodes, node, withoutFsync).program());
}

class EtcdProgram {
  #state: 'new' | 'existing' = 'new';
  #started = false;
  #restarted = false;
  #listeningSinceMs: number | null = null;
  #members: string;

  constructor(
    private readonly binary: EtcdBinary,
    private readonly token: string,
    private readonly nodes: readonly Node[],
    private readonly node: Node,
    private readonly withoutFsync: boolean,
  ) {
    this.#members = nodes.map(({ name, peerPort }) => `${name}=${urlOf(peerPort)}`).join(',');
  }

  program(): ServerProgram {
    const { binary, node } = this;
    return {
      path: binary.path,
      hint: 'Run that program by hand to see what it lacks, or name another: BENCH_ETCD=/path/to/etcd.',
      port: node.port,
      prepare: (berthing) => this.#prepare(berthing),
      args: (berthing) => this.#args(berthing),
      env: () => (binary.libraryPath === null ? {} : { LD_LIBRARY_PATH: binary.libraryPath }),
      ask: (_, limitMs, pid) => this.#ask(limitMs, pid),
      startLimitMs: 20_000,
      portTaken: /address already in use/i,
    };
  }

  #args({ folder }: Berthing): readonly string[] {
    const { name, port, peerPort } = this.node;
    const settings: Readonly<Record<string, string | number | boolean>> = {
      name,
      'data-dir': dataOf(folder),
      'listen-client-urls': urlOf(port),
      'advertise-client-urls': urlOf(port),
      'listen-peer-urls': urlOf(peerPort),
      'initial-advertise-peer-urls': urlOf(peerPort),
      'initial-cluster': this.#members,
      'initial-cluster-state': this.#state,
      'initial-cluster-token': this.token,
      'heartbeat-interval': heartbeatMs,
      'election-timeout': electionMs,
      // It would not let a member join that others have not been connected to for five seconds.
      'strict-reconfig-check': false,
      'auto-compaction-mode': 'revision',
      'auto-compaction-retention': keptRevisions,
      ...(this.withoutFsync ? { 'unsafe-no-fsync': true } : {}),
      logger: 'zap',
      'log-level': 'warn',
    };
    return Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
  }

  /** A member that comes back without its data is another: the old one has to leave the cluster first. */
  async #prepare({ folder }: Berthing): Promise<void> {
    this.#listeningSinceMs = null;
    this.#restarted = this.#started;
    this.#started = true;
    if (!this.#restarted || this.nodes.length === 1 || existsSync(dataOf(folder))) return;
    const members = await this.#rejoin();
    const names = new Map(this.nodes.map(({ name, peerPort }) => [urlOf(peerPort), name]));
    this.#members = members.map((url) => `${names.get(url) ?? ''}=${url}`).join(',');
    this.#state = 'existing';
  }

  /** Resolves with the peer addresses of all members. */
  async #rejoin(): Promise<readonly string[]> {
    const own = urlOf(this.node.peerPort);
    const untilMs = nowMs() + rejoinLimitMs;
    let reason = 'none of them answers';
    while (nowMs() < untilMs) {
      for (const other of this.nodes.filter((one) => one !== this.node)) {
        const endpoint = { host, port: other.port, tls: false };
        const admin = await openEtcdAdmin(endpoint, adminLimitMs).catch(() => null);
        if (admin === null) continue;
        try {
          const former = (await admin.members()).find(({ peerUrls }) => peerUrls.includes(own));
          if (former !== undefined) await admin.removeMember(former.id);
          return (await admin.addMember(own)).flatMap(({ peerUrls }) => peerUrls);
        } catch (error) {
          reason = (error as Error).message;
        } finally {
          admin.close();
        }
      }
      await delay(rejoinPauseMs);
    }
    throw new LockbenchError(
      'SERVER_FAILED',
      `${this.node.name} cannot join its cluster again without its data, for that needs a majority that has theirs: ${reason}`,
    );
  }

  /** Ready when it knows a leader. */
  #ask(limitMs: number, pid: number): Question {
    const cancelled = new AbortController();
    return { answer: this.#whose(limitMs, pid, cancelled.signal), cancel: () => cancelled.abort() };
  }

  async #whose(limitMs: number, pid: number, signal: AbortSignal): Promise<number | null> {
    const names = await namesAt(this.node.peerPort, limitMs, signal);
    if (names === null) return null;
    if (!names.every((name) => name === '' || name.startsWith(this.token))) return stranger;
    // It learns of its members from its log, one after another; one that has joined again has no name at first.
    if (!names.includes(this.node.name)) return null;
    this.#listeningSinceMs ??= nowMs();
    if (this.#restarted && nowMs() - this.#listeningSinceMs > patienceMs) return pid;
    const admin = await openEtcdAdmin({ host, port: this.node.port, tls: false }, limitMs).catch(() => null);
    if (admin === null) return null;
    try {
      const { leader, memberId } = await admin.status();
      const own = (await admin.members()).find(({ id }) => id === memberId);
      if (leader === 0n || own === undefined || own.name === '') return null;
      return own.name === this.node.name ? pid : stranger;
    } catch {
      return null;
    } finally {
      admin.close();
    }
  }
}

/** No process of ours has this number. */
const stranger = -1;

function urlOf(port: number): string {
  return `http://${host}:${port}`;
}

function dataOf(folder: string): string {
  return join(folder, 'data');
}

/**
 * The members of the cluster that the node at this peer port belongs to: it tells them before there is a leader, when its client
 * port still says nothing. Null when nobody answers.
 */
function namesAt(peerPort: number, limitMs: number, signal: AbortSignal): Promise<readonly string[] | null> {
  return new Promise((resolve) => {
    const url = `${urlOf(peerPort)}/members`;
    const asked = request(url, { agent: false, timeout: limitMs, signal }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (data: string) => (text += data));
      answer.on('end', () => resolve(memberNames(text)));
      answer.on('error', () => resolve(null));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.end();
  });
}

/** Empty for one that has not told its name yet. Whatever else answers there is a stranger: it names nobody. */
function memberNames(text: string): readonly string[] {
  try {
    const members = JSON.parse(text) as readonly { readonly name?: string }[];
    return members.map(({ name }) => name ?? '');
  } catch {
    return [];
  }
}
