/** The options of a run, declared once: the command line, its help, scenarios and the plan all read this table. */
import { availableParallelism } from 'node:os';
import type { OptionField } from '../contract/index.js';
import { allClients } from './resolve-client.js';

export interface TextField {
  readonly kind: 'text';
  readonly default: string;
  readonly help: string;
}

export type RunField = (OptionField | TextField) & { readonly group: string };

const day = 86_400_000;

function group(name: string, fields: Record<string, OptionField | TextField>): Record<string, RunField> {
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, { ...field, group: name }]));
}

export const runOptions: Readonly<Record<string, RunField>> = {
  ...group('What is compared', {
    strategy: {
      kind: 'text',
      default: 'redlock',
      help: 'lock designs, separated by commas: single,redlock@quorum=all,./my-lock.js',
    },
    nodes: {
      kind: 'integer',
      default: 5,
      min: 1,
      max: 99,
      help: 'independent masters of a quorum design; nodes of a cluster (1, 3 or 5)',
    },
    replicas: { kind: 'integer', default: 2, min: 1, max: 16, help: 'replicas of a replicated design' },
    client: {
      kind: 'choice',
      default: 'ioredis',
      choices: allClients,
      help: 'Redis client: a library, or our own (pipelined)',
    },
    repeat: { kind: 'integer', default: 1, min: 1, max: 1000, help: 'rounds, in an order drawn from the seed' },
    trials: {
      kind: 'integer',
      default: 0,
      min: 1,
      max: 1000,
      help: 'repeat the whole scenario, and count the trials with a violation',
    },
  }),
  ...group('Servers', {
    servers: {
      kind: 'choice',
      default: 'auto',
      choices: ['auto', 'process', 'container', 'external'],
      help: 'where Redis runs',
    },
    redis: {
      kind: 'text',
      default: '',
      help: 'external servers: host:port,... or redis:// and rediss:// URLs, in the order of their roles',
    },
    etcd: { kind: 'text', default: '', help: 'external nodes of etcd: host:port,... or http:// and https:// URLs' },
    postgres: {
      kind: 'text',
      default: '',
      help: 'an external PostgreSQL: postgres://user@host:port/database; the password by PGPASSWORD',
    },
    zookeeper: { kind: 'text', default: '', help: 'an external ZooKeeper ensemble: host:port,host:port,...' },
    'redis-auth-file': { kind: 'text', default: '', help: 'file with lines username=... and password=...' },
    'key-prefix': { kind: 'text', default: 'lockbench:', help: 'prefix of every key that is touched' },
    image: { kind: 'text', default: 'redis:8-alpine', help: 'image of containers' },
    persistence: {
      kind: 'choice',
      default: 'none',
      choices: ['none', 'everysec', 'always'],
      help: 'append-only file of our servers',
    },
  }),
  ...group('Load', {
    isolate: {
      kind: 'choice',
      default: 'thread',
      choices: ['thread', 'process'],
      help: 'workers as threads, or as processes of their own',
    },
    workers: {
      kind: 'integer',
      default: Math.min(4, availableParallelism()),
      min: 1,
      max: 64,
      help: 'threads or processes, each with its own connections',
    },
    contenders: { kind: 'integer', default: 4, min: 1, max: 4096, help: 'contenders in each worker' },
    keys: { kind: 'integer', default: 1, min: 1, max: 1_000_000, help: 'locks that they contend for' },
    'key-choice': {
      kind: 'choice',
      default: 'uniform',
      choices: ['hot', 'uniform', 'zipf'],
      help: 'which key an operation asks for',
    },
    load: { kind: 'text', default: 'closed', help: 'closed (come back after --think) or rate (arrivals per second)' },
    rate: {
      kind: 'number',
      default: 0,
      min: 0.001,
      max: 1_000_000,
      help: 'arrivals per second over all workers; implies --load rate',
    },
    duration: { kind: 'duration', default: 10_000, minMs: 10, maxMs: day, help: 'measured time' },
    warmup: { kind: 'duration', default: 1000, minMs: 0, maxMs: day, help: 'load before the measured time' },
    operations: { kind: 'integer', default: 0, min: 1, max: 1_000_000_000, help: 'end after so many grants instead' },
  }),
  ...group('The lock and its holder', {
    ttl: { kind: 'duration', default: 2000, minMs: 1, maxMs: day, help: 'lease' },
    hold: { kind: 'duration', default: 2, minMs: 0, maxMs: day, help: 'time inside the lock' },
    think: { kind: 'duration', default: 10, minMs: 0, maxMs: day, help: 'time between two operations of a contender' },
    wait: { kind: 'duration', default: 5000, minMs: 0, maxMs: day, help: 'how long a busy lock is waited for' },
    retry: {
      kind: 'text',
      default: 'full-jitter:5ms-500ms',
      help: 'full-jitter:5ms-500ms, uniform:0-500ms or fixed:200ms',
    },
    retries: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 1_000_000,
      help: 'retries after the first try, within --wait',
    },
    'extend-every': { kind: 'duration', default: 0, minMs: 1, maxMs: day, help: 'extend a held lease every so often' },
    'auto-extend': {
      kind: 'boolean',
      default: false,
      help: 'keep a held lease alive: extend it at a third of its TTL',
    },
    'max-extensions': {
      kind: 'integer',
      default: 10,
      min: 0,
      max: 1_000_000,
      help: 'how often one lease may be extended, where a strategy does not set it for itself',
    },
    workload: { kind: 'text', default: 'hold', help: 'what happens inside the lock; see bench list' },
    resource: {
      kind: 'choice',
      default: 'memory',
      choices: ['memory', 'server'],
      help: 'what the lock protects: a cell in memory, or a process that records the order of arrival',
    },
    fencing: {
      kind: 'choice',
      default: 'off',
      choices: ['off', 'writes', 'reads+writes'],
      help: 'what the resource refuses when it has seen a newer token',
    },
    holder: {
      kind: 'choice',
      default: 'guarded',
      choices: ['guarded', 'naive'],
      help: 'guarded: checks its lease before every operation',
    },
  }),
  ...group('Faults', {
    fault: {
      kind: 'text',
      default: '',
      help: 'what breaks, and when: cut:2@1s+500ms, crash-holder@granted; may be given again; see bench list faults',
    },
    latency: {
      kind: 'text',
      default: '',
      help: 'round trip added to each server, in their order: 1ms,1ms,20ms,80ms',
    },
  }),
  ...group('The run', {
    threshold: {
      kind: 'text',
      default: '',
      help: "what a figure must keep to, 'acquire.p99<5ms' or 'redlock:violations==0'; may be given again; exit code 4 when it does not",
    },
    'abort-on-fail': {
      kind: 'boolean',
      default: false,
      help: 'end early once a threshold cannot be met any more',
    },
    seed: { kind: 'integer', default: 0, min: 0, max: 4_294_967_295, help: 'every random choice comes from it' },
    scenario: { kind: 'text', default: '', help: 'options of a scenario; see bench list' },
    plan: { kind: 'text', default: '', help: 'repeat a run from its plan.json' },
    out: { kind: 'text', default: 'results', help: 'folder for results' },
    format: { kind: 'text', default: 'table', help: 'report on standard output; see bench list' },
    report: {
      kind: 'text',
      default: '',
      help: 'REPORTER=PATH, a report written to a file besides; may be given again; see bench list reporters',
    },
  }),
};

/** What the default is, in words, where the number in the table is none. */
export const defaultWords: Readonly<Record<string, string>> = {
  workers: 'as many as there are cores, 4 at most',
  nodes: '5, and 3 for a cluster',
  client: 'ioredis, or what the design prefers',
  rate: 'none',
  operations: 'no limit',
  retries: 'as many as --wait allows',
  'extend-every': 'never',
  seed: 'drawn',
  redis: 'none',
  etcd: 'none',
  'redis-auth-file': 'none',
  postgres: 'none',
  zookeeper: 'none',
  trials: 'one',
  resource: 'memory, and server where processes, faults, fencing or the workload need it',
  fault: 'none',
  threshold: 'none',
  report: 'none',
  latency: 'none',
  scenario: 'none',
  plan: 'none',
};
