/**
 * The servers of one topology, however they came about: what they are, what they used, which of our keys are left on
 * them. One admin connection to each; one that is lost is opened again when it is needed next.
 */
import type { Admin } from '../clients/admin.js';
import type { NodeEndpoint } from '../clients/endpoint.js';
import type { Reply } from '../contract/index.js';
import type { Dialect } from './dialect.js';
import { parseInfo, type ServerFacts } from './facts.js';
import { redisDialect } from './redis-dialect.js';
import type { Role } from './roles.js';

export const adminLimitMs = 2_000;

export interface Member extends Role {
  readonly endpoint: NodeEndpoint;
  readonly pid: number | null;
}

export class Fleet {
  readonly #links = new Map<Member, Promise<Admin>>();
  readonly #listeners = new Set<(text: string) => void>();
  #leaving = false;

  constructor(
    readonly members: readonly Member[],
    /** One, or several: keys under each of them are ours. */
    private readonly keyPrefix: string | readonly string[],
    private readonly dialect: Dialect = redisDialect,
  ) {}

  /** Rejects with the reason when the server cannot be reached. */
  admin(member: Member): Promise<Admin> {
    let link = this.#links.get(member);
    if (link !== undefined) return link;
    link = this.dialect.openAdmin(member.endpoint, adminLimitMs);
    this.#links.set(member, link);
    link.then(
      (admin) =>
        admin.onLost(() => {
          this.#drop(member, link);
          if (member.pid === null) this.tell(`${member.name}: connection lost`);
        }),
      () => this.#drop(member, link),
    );
    return link;
  }

  /** To a server that has been killed: what is left of its connection must not meet the next call. */
  hangUp(member: Member): void {
    const link = this.#links.get(member);
    this.#links.delete(member);
    link?.then((admin) => admin.close()).catch(() => {});
  }

  async call(member: Member, name: string, ...args: readonly (string | number)[]): Promise<Reply> {
    return (await this.admin(member)).call(name, ...args);
  }

  async info(member: Member, section: string): Promise<ReadonlyMap<string, string>> {
    return parseInfo(await this.call(member, 'INFO', section));
  }

  facts(): Promise<readonly ServerFacts[]> {
    return Promise.all(this.members.map((member) => this.#factsOf(member)));
  }

  cpuMs(): Promise<readonly number[]> {
    const told = async (member: Member): Promise<number> => this.dialect.cpuMs(await this.admin(member));
    return Promise.all(this.members.map((member) => told(member).catch(() => NaN)));
  }

  /** Distinct, over all masters of now that can be reached. */
  async keysLeft(): Promise<readonly string[]> {
    const found = await Promise.allSettled(
      (await this.#acting()).flatMap((member) =>
        [this.keyPrefix].flat().map(async (prefix) => this.dialect.keysWith(prefix, await this.admin(member))),
      ),
    );
    return [...new Set(found.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])))];
  }

  /** Names of the masters that do not answer now. */
  async unreachable(): Promise<readonly string[]> {
    const masters = this.#masters();
    const answers = await Promise.allSettled(masters.map((member) => this.call(member, 'PING')));
    return masters.filter((_, i) => answers[i]?.status !== 'fulfilled').map((member) => member.name);
  }

  /** Index of the first to say that it leads the others; null where none does. */
  async leader(): Promise<number | null> {
    const { leads } = this.dialect;
    if (leads === undefined) return null;
    const said = this.members.map(async (member, i) => {
      if (await leads(await this.admin(member))) return i;
      throw new Error(`${member.name} does not lead`);
    });
    // One that stands still would be waited for otherwise.
    return Promise.any(said).catch(() => null);
  }

  async removeKeys(): Promise<void> {
    await Promise.allSettled(
      (await this.#acting()).flatMap((member) =>
        [this.keyPrefix].flat().map(async (prefix) => this.dialect.removeKeysWith(prefix, await this.admin(member))),
      ),
    );
  }

  onIncident(listener: (text: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** From now on the loss of a server is no incident: we are bringing it about ourselves. */
  leave(): void {
    this.#leaving = true;
  }

  tell(text: string): void {
    if (!this.#leaving) for (const listener of this.#listeners) listener(text);
  }

  close(): void {
    this.leave();
    for (const link of this.#links.values()) link.then((admin) => admin.close()).catch(() => {});
    this.#links.clear();
  }

  /** Unless another has taken its place. */
  #drop(member: Member, link: Promise<Admin>): void {
    if (this.#links.get(member) === link) this.#links.delete(member);
  }

  /** The masters as they are now: a replica may have been promoted, and the old primary lags behind it. */
  async #acting(): Promise<readonly Member[]> {
    if (this.members.every((member) => member.kind === 'master')) return this.members;
    const roles = await Promise.allSettled(this.members.map((member) => this.call(member, 'ROLE')));
    const acting = this.members.filter((_, i) => {
      const role = roles[i];
      return role?.status === 'fulfilled' && Array.isArray(role.value) && role.value[0] === 'master';
    });
    return acting.length > 0 ? acting : this.#masters();
  }

  #masters(): readonly Member[] {
    return this.members.filter((member) => member.kind === 'master');
  }

  async #factsOf(member: Member): Promise<ServerFacts> {
    return { name: member.name, ...(await this.dialect.facts(await this.admin(member))) };
  }
}
