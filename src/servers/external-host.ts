/** Servers of somebody else's: verified, never flushed, never configured, and left as they were found. */
import type { NodeEndpoint } from '../clients/endpoint.js';
import { LockbenchError, type Topology } from '../contract/index.js';
import { Fleet, type Member } from './fleet.js';
import { provisionedOf, type Provisioned, type ServerHost } from './host.js';
import { awaitReplicas } from './replicas.js';
import { prefixesOf } from './server-settings.js';
import { rolesOf } from './roles.js';
import { verifyExternal } from './verify-external.js';

export interface ExternalSettings {
  readonly external: readonly NodeEndpoint[];
  readonly keyPrefix: string;
  readonly otherKeyPrefixes?: readonly string[];
}

export class ExternalHost implements ServerHost {
  readonly kind = 'external';
  readonly #provisioned = new Set<Provisioned>();

  constructor(private readonly settings: ExternalSettings) {}

  async provision(topology: Topology): Promise<Provisioned> {
    const roles = rolesOf(topology);
    const { external } = this.settings;
    const prefixes = prefixesOf(this.settings);
    if (external.length < roles.length) {
      throw new LockbenchError(
        'BAD_ARGUMENT',
        `--redis names ${external.length} servers, but ${roles.length} are needed: ${roles.map((role) => role.name).join(', ')}`,
        'Name as many as that, in this order, or lower --nodes or --replicas.',
      );
    }
    const members = roles.map((role, i): Member => ({ ...role, endpoint: external[i]!, pid: null }));
    const fleet = new Fleet(members, prefixes);
    try {
      await verifyExternal(fleet, prefixes);
      await awaitReplicas(fleet);
      const provisioned = await provisionedOf(fleet, () => fleet.removeKeys());
      this.#provisioned.add(provisioned);
      return provisioned;
    } catch (error) {
      fleet.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#provisioned].map((provisioned) => provisioned.stop()));
  }
}
