/** Addresses as ZooKeeper's own tools take them: host:port,host:port, without TLS and without credentials. */
import { isIPv6 } from 'node:net';
import type { NodeEndpoint } from '../clients/endpoint.js';

const form = /^(\[[^\]]+\]|[^:/@\s]+):(\d{1,5})$/;
const highestPort = 65_535;

export function readHostPorts(
  text: string,
): { readonly endpoints: readonly NodeEndpoint[] } | { readonly problem: string } {
  const endpoints: NodeEndpoint[] = [];
  for (const item of text.split(',')) {
    const [, place = '', digits = ''] = form.exec(item.trim()) ?? [];
    const host = place.replace(/^\[(.*)\]$/, '$1');
    const port = Number(digits);
    if (host === '' || port < 1 || port > highestPort || (place.startsWith('[') && !isIPv6(host)))
      return { problem: `${item.trim()}: expected host:port,host:port,...` };
    endpoints.push({ host, port, tls: false });
  }
  return { endpoints };
}
