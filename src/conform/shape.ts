/** Whether what a design answered is what the contract knows. A design from elsewhere is plain JavaScript, so types prove nothing. */
import { ensure, shown } from './verify.js';

type Fields = Readonly<Record<string, unknown>>;

const whys = ['busy', 'too-late', 'unreachable'];

export function checkAcquire(outcome: unknown, key: string): void {
  const told = fieldsOf('acquire', outcome);
  switch (told['kind']) {
    case 'granted':
      return checkGrant(told['grant'], key);
    case 'refused':
      return known('acquire', outcome, whys.includes(String(told['why'])), `why is none of ${whys.join(', ')}`);
    case 'cancelled':
      return;
    case 'unknown':
      return known('acquire', outcome, isFailure(told['failure']), 'it has no failure');
    default:
      known('acquire', outcome, false, 'kind is none of granted, refused, cancelled, unknown');
  }
}

export function checkRelease(outcome: unknown): void {
  const { kind, failure } = fieldsOf('release', outcome);
  if (kind === 'unknown') known('release', outcome, isFailure(failure), 'it has no failure');
  else known('release', outcome, kind === 'released' || kind === 'lost', 'kind is none of released, lost, unknown');
}

export function checkExtend(outcome: unknown): void {
  const { kind, validUntilMs } = fieldsOf('extend', outcome);
  if (kind === 'extended') known('extend', outcome, isTime(validUntilMs), 'validUntilMs is no time');
  else {
    const kinds = ['lost', 'unknown', 'refused'];
    known('extend', outcome, kinds.includes(String(kind)), 'kind is none of extended, lost, unknown, refused');
  }
}

function checkGrant(grant: unknown, key: string): void {
  const told = fieldsOf('acquire granted, and the grant', grant);
  const wrong = [
    told['key'] === key ? '' : `key is ${shown(told['key'])} and not what was asked for`,
    typeof told['token'] === 'string' && told['token'] !== '' ? '' : `token is ${shown(told['token'])}`,
    isTime(told['validUntilMs']) ? '' : `validUntilMs is ${shown(told['validUntilMs'])}`,
    typeof told['onLost'] === 'function' ? '' : 'onLost is no function',
    told['fence'] === undefined || typeof told['fence'] === 'bigint' ? '' : 'fence is no bigint',
  ].filter((text) => text !== '');
  known('acquire', grant, wrong.length === 0, wrong.join(', '));
}

function fieldsOf(call: string, value: unknown): Fields {
  ensure(typeof value === 'object' && value !== null, () => `${call} answered ${shown(value)}, which is no object`);
  return value as Fields;
}

function known(call: string, outcome: unknown, sound: boolean, wrong: string): void {
  ensure(sound, () => `${call} answered ${shown(outcome)}: ${wrong}`);
}

/** Infinity is the validity of a lock without expiry. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value);
}

function isFailure(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'fate' in value && 'code' in value;
}
