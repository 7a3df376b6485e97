/** Who is measured: ours on every client, every published library as it comes and with equal options, and the bounds on both sides. */
import { fileURLToPath } from 'node:url';

/**
 * raw: the bare commands by the client itself. apart: ours, and each contender has a key of its own where the others all want one.
 * harness: no lock at all, so what the same loop costs by itself. server: a load generator written in C.
 */
export type Kind = 'ours' | 'library' | 'raw' | 'apart' | 'harness' | 'server';

export interface Contestant {
  /** As the tables name it. */
  readonly label: string;
  readonly kind: Kind;
  /** As one gives it to `--strategy`; of a server's own generator, how many commands it has under way on each connection. */
  readonly text: string;
  /** Of a library or a raw client: whether its client has the options that ours has, and writes once a turn. */
  readonly equal: boolean;
  /** The option that says how long one answer is waited for. */
  readonly patience: string | null;
}

const ours = (label: string, patience: string): Contestant => ({
  label,
  kind: 'ours',
  text: label,
  equal: true,
  patience,
});

const profiles = ['default', 'pipelined'] as const;

/** As it comes, and with the options of ours. */
function library(name: string, client: 'ioredis' | 'node-redis', clients = 1): Contestant[] {
  const settings = clients > 1 ? [`client=${client}`] : [];
  return profiles.map((profile) => {
    const text = `${name}@${[...settings, `profile=${profile}`].join(',')}`;
    return { label: text, kind: 'library', text, equal: profile === 'pipelined', patience: 'nodeTimeout' };
  });
}

function raw(name: 'raw' | 'raw-fanout'): Contestant[] {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const variants = [
    ['ioredis', 'default'],
    ['ioredis', 'pipelined'],
    ['node-redis', 'pipelined'],
  ] as const;
  return variants.map(([client, profile]) => {
    const settings = `client=${client},profile=${profile}`;
    const equal = profile === 'pipelined';
    return { label: `${name}@${settings}`, kind: 'raw', text: `${file}@${settings}`, equal, patience: null };
  });
}

const harness: Contestant = { label: 'none', kind: 'harness', text: 'none', equal: true, patience: null };

const clients = ['pipelined', 'ioredis', 'node-redis'] as const;

const singleLibraries = [...library('redis-semaphore', 'ioredis'), ...library('simple-redis-mutex', 'node-redis')];
const quorumLibraries = [
  ...library('redlock-v4', 'ioredis'),
  ...library('redlock-v5', 'ioredis'),
  ...library('sesamecare-redlock', 'ioredis'),
  ...library('redis-semaphore-redlock', 'ioredis'),
  ...library('redlock-universal', 'ioredis', 2),
  ...library('redlock-universal', 'node-redis', 2),
];

/** On one server, nobody waiting for anybody. */
export const singles: readonly Contestant[] = [
  harness,
  ...clients.map((client) => ours(`single@client=${client}`, 'timeout')),
  ...singleLibraries,
  ...raw('raw'),
];

/** On five servers, nobody waiting for anybody. */
export const quorums: readonly Contestant[] = [
  harness,
  ...clients.map((client) => ours(`redlock@client=${client}`, 'nodeTimeout')),
  ...quorumLibraries,
  ...raw('raw-fanout'),
];

const waiting = (plain: string, fair: string, patience: string): Contestant[] => {
  const text = `${plain}@client=pipelined`;
  return [
    ...[plain, fair].flatMap((name) =>
      (['pipelined', 'ioredis'] as const).map((client) => ours(`${name}@client=${client}`, patience)),
    ),
    { ...ours(text, patience), label: `${text}, a key each`, kind: 'apart' },
  ];
};

/** On one server, all wanting the same key. */
export const waitingSingles: readonly Contestant[] = [
  ...waiting('single', 'single-fair', 'timeout'),
  ours('single-notify@client=ioredis', 'timeout'),
  ...singleLibraries,
];

/** On five servers, all wanting the same key. */
export const waitingQuorums: readonly Contestant[] = [
  ...waiting('redlock', 'redlock-fair', 'nodeTimeout'),
  ...quorumLibraries,
];

const redisBenchmark = (pipeline: number): Contestant => ({
  label: `redis-benchmark -P ${pipeline}`,
  kind: 'server',
  text: String(pipeline),
  equal: false,
  patience: null,
});

/** How many commands one server can be made to do. */
export const limits: readonly Contestant[] = [
  ...clients.map((client) => ours(`single@client=${client}`, 'timeout')),
  redisBenchmark(16),
  redisBenchmark(1),
];
