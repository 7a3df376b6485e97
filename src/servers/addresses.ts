/** Servers of others, of engines other than Redis, by the option that names them. */
import type { NodeEndpoint } from '../clients/endpoint.js';
import { LockbenchError, type Addresses, type EngineName } from '../contract/index.js';
import { readEtcdNodes } from './etcd-url.js';
import { readHostPorts } from './host-ports.js';
import { readPostgresUrl } from './postgres-url.js';

/** In words, what is wrong with the text; else the endpoints, with their secrets. */
type Reader = (text: string) => { readonly endpoints: readonly NodeEndpoint[] } | { readonly problem: string };

/** Option -> how it is read. The option is the name of the engine. */
const readers: Readonly<Partial<Record<EngineName, Reader>>> = {
  etcd: readEtcdNodes,
  postgres: (text) => readPostgresUrl(text, process.env),
  zookeeper: readHostPorts,
};

export const addressOptions: readonly string[] = Object.keys(readers);

/** Throws BAD_ARGUMENT when one of them cannot be read. */
export function addressesOf(raw: Readonly<Record<string, string>>): Addresses<NodeEndpoint> {
  const found: [string, readonly NodeEndpoint[]][] = [];
  for (const [engine, read] of Object.entries(readers)) {
    const text = raw[engine] ?? '';
    if (text === '') continue;
    const answer = read(text);
    if ('problem' in answer) throw new LockbenchError('BAD_ARGUMENT', `--${engine}: ${answer.problem}`);
    found.push([engine, answer.endpoints]);
  }
  return Object.fromEntries(found);
}
