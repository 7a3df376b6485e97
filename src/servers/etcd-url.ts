/** What `--etcd` says: host:port, http:// or https:// (TLS), separated by commas, all nodes of one cluster. Pure. */
import { isIPv6 } from 'node:net';
import type { NodeEndpoint } from '../clients/endpoint.js';

type Read = { readonly endpoints: readonly NodeEndpoint[] } | { readonly problem: string };

const defaultPort = 2379;
const highestPort = 65_535;
const form = /^(?:(https?):\/\/)?(\[[^\]]+\]|[a-z0-9_.-]+)(?::(\d+))?\/?$/i;

export function readEtcdNodes(text: string): Read {
  if (text.includes('@'))
    return { problem: 'users and passwords of etcd are not supported; it has to be without --auth' };
  const endpoints: NodeEndpoint[] = [];
  for (const item of text.split(',').map((one) => one.trim())) {
    const [, scheme, name = '', portText] = form.exec(item) ?? [];
    const host = name.replace(/^\[(.*)\]$/, '$1');
    const port = Number(portText ?? defaultPort);
    const isHost = name.startsWith('[') ? isIPv6(host) : host !== '';
    if (!isHost || !(port >= 1 && port <= highestPort))
      return { problem: `${item || 'an empty entry'}: expected host:port, http://host:port or https://host:port` };
    endpoints.push({ host, port, tls: scheme?.toLowerCase() === 'https' });
  }
  return { endpoints };
}
