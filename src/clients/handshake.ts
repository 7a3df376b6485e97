/**
 * What a new connection says before its node counts as up: AUTH (when there is a password), PING, ROLE (where the role
 * moves), and SCRIPT LOAD for each script, in one write. Done by us on every client alike, so that all refusals are told in the same way and no
 * library prints them.
 */
import { LockbenchError } from '../contract/index.js';
import type { Command, Reply, ScriptDecl } from '../contract/index.js';
import type { NodeEndpoint } from './endpoint.js';
import type { Whereabouts } from './whereabouts.js';
import type { Sink, Wire } from './wire.js';

interface HandshakeEvents {
  ready(): void;
  /** May be better next time: the server is loading, say. */
  failed(reason: string): void;
  /** Will be the same next time. */
  refused(error: LockbenchError): void;
}

const credentialErrors = /^(NOAUTH|WRONGPASS|NOPERM)\b|^ERR (AUTH|invalid password)/;

export interface Greeted {
  readonly at: Pick<Whereabouts, 'mustBeMaster'>;
  readonly scripts: readonly ScriptDecl[];
}

export function shakeHands(
  wire: Wire,
  endpoint: NodeEndpoint,
  { at, scripts }: Greeted,
  events: HandshakeEvents,
): void {
  const commands = greeting(endpoint, at.mustBeMaster, scripts);
  const scriptsFrom = commands.length - scripts.length;
  let replies = 0;
  let over = false;

  const end = (tell: () => void): void => {
    if (over) return;
    over = true;
    tell();
  };
  const sinkOf = (index: number): Sink => ({
    reply: (reply) => {
      const decl = scripts[index - scriptsFrom];
      if (commands[index] === askRole && !saysMaster(reply))
        end(() => events.failed('it is no master, or not any more'));
      if (decl !== undefined && reply !== decl.sha) end(() => events.refused(wrongHash(decl)));
      replies += 1;
      if (replies === commands.length) end(() => events.ready());
    },
    refuse: (message) => {
      const decl = scripts[index - scriptsFrom];
      if (credentialErrors.test(message)) end(() => events.refused(badCredentials(endpoint, message)));
      else if (decl !== undefined && message.startsWith('ERR ')) end(() => events.refused(badScript(decl, message)));
      else end(() => events.failed(message));
    },
  });
  for (const [index, command] of commands.entries()) wire.push(command, sinkOf(index));
}

const askRole: Command = { name: 'ROLE', args: [] };

function saysMaster(reply: Reply): boolean {
  return Array.isArray(reply) && reply[0] === 'master';
}

function greeting(endpoint: NodeEndpoint, mustBeMaster: boolean, scripts: readonly ScriptDecl[]): readonly Command[] {
  const { username, password } = endpoint;
  const secret = password === undefined ? [] : [{ name: 'AUTH', args: username ? [username, password] : [password] }];
  return [
    ...secret,
    { name: 'PING', args: [] },
    ...(mustBeMaster ? [askRole] : []),
    ...scripts.map((decl) => ({ name: 'SCRIPT', args: ['LOAD', decl.lua] })),
  ];
}

function badCredentials(endpoint: NodeEndpoint, message: string): LockbenchError {
  const told = endpoint.password ? message.replaceAll(endpoint.password, '***') : message;
  return new LockbenchError(
    'UNREACHABLE',
    `${endpoint.host}:${endpoint.port} did not accept the credentials: ${told}`,
    endpoint.password === undefined ? 'it asks for a password, and none was given' : 'check user and password',
  );
}

function badScript(decl: ScriptDecl, message: string): LockbenchError {
  return new LockbenchError('BAD_PLUGIN', `the server does not take the script '${decl.name}': ${message}`);
}

function wrongHash(decl: ScriptDecl): LockbenchError {
  return new LockbenchError('BAD_PLUGIN', `the 'sha' of the script '${decl.name}' is not that of its 'lua'`);
}
