/** Servers of somebody else's: verified, never flushed, never configured, and left as they were found. */
import type { NodeEndpoint, SentinelRole } from '../clients/endpoint.js';
import { LockbenchError, type Topology } from '../contract/index.js';
import { remoteControl } from './control.js';
import { Fleet, type Member } from './fleet.js';
import { provisionedOf, type Provisioned, type ServerHost } from './host.js';
import { awaitReplicas } from './replicas.js';
import { rolesOf, sentinelRolesOf } from './roles.js';
import { roleOf } from './sentinels.js';
import { prefixesOf } from './server-settings.js';
import { verifyExternal, verifySentinels } from './verify-external.js';

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
    const watching = sentinelRolesOf(topology);
    const all = [...roles, ...watching];
    const { external } = this.settings;
    const prefixes = prefixesOf(this.settings);
    if (external.length < all.length) {
      throw new LockbenchError(
        'BAD_ARGUMENT',
        `--redis names ${external.length} servers, but ${all.length} are needed: ${all.map((role) => role.name).join(', ')}`,
        'Name as many as that, in this order, or lower --nodes or --replicas.',
      );
    }
    const members = all.map((role, i): Member => ({ ...role, endpoint: external[i]!, pid: null }));
    const fleet = new Fleet(members.slice(0, roles.length), prefixes);
    const watch = new Fleet(members.slice(roles.length), prefixes);
    try {
      await verifyExternal(fleet, prefixes);
      await awaitReplicas(fleet);
      const stop = (): Promise<void> => fleet.removeKeys();
      const watchers = watch.members.map((member, i) => remoteControl(watch, member, roles.length + i));
      const watched =
        watching.length === 0 ? null : { fleet: watch, controls: watchers, role: await this.#role(watch, fleet) };
      const provisioned = await provisionedOf(fleet, stop, undefined, watched);
      this.#provisioned.add(provisioned);
      return provisioned;
    } catch (error) {
      fleet.close();
      watch.close();
      throw error;
    }
  }

  async #role(watch: Fleet, fleet: Fleet): Promise<SentinelRole> {
    await verifySentinels(watch);
    return roleOf(watch, fleet);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#provisioned].map((provisioned) => provisioned.stop()));
  }
}
