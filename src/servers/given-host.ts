/** Servers of somebody else's, of an engine other than Redis: asked whether they answer, never configured, and left as they were found. */
import type { NodeEndpoint } from '../clients/endpoint.js';
import { LockbenchError, type Topology } from '../contract/index.js';
import type { Dialect } from './dialect.js';
import { Fleet, type Member } from './fleet.js';
import { provisionedOf, type Provisioned, type ServerHost } from './host.js';
import { rolesOf } from './roles.js';

export interface Given {
  /** "--postgres" */
  readonly option: string;
  readonly dialect: Dialect;
  readonly endpoints: readonly NodeEndpoint[];
  readonly keyPrefix: string;
  /** Throws when they are not what was asked for. */
  verify?(fleet: Fleet): Promise<void>;
}

export class GivenHost implements ServerHost {
  readonly kind = 'external';
  readonly #provisioned = new Set<Provisioned>();

  constructor(private readonly given: Given) {}

  async provision(topology: Topology): Promise<Provisioned> {
    const roles = rolesOf(topology);
    const { option, dialect, endpoints, keyPrefix } = this.given;
    if (endpoints.length < roles.length)
      throw new LockbenchError(
        'BAD_ARGUMENT',
        `${option} names ${endpoints.length} servers, but ${roles.length} are needed: ${roles.map((role) => role.name).join(', ')}`,
        'Name as many as that, in this order.',
      );
    const members = roles.map((role, i): Member => ({ ...role, endpoint: endpoints[i]!, pid: null }));
    const fleet = new Fleet(members, keyPrefix, dialect);
    try {
      for (const member of members) await fleet.admin(member);
      await this.given.verify?.(fleet);
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
