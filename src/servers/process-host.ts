/** The embedded default: private servers as child processes, fresh ones for every topology. */
import { join } from 'node:path';
import type { Persistence, Topology } from '../contract/index.js';
import { allOrNone } from './all-or-none.js';
import { Fleet, type Member } from './fleet.js';
import { provisionedOf, type Provisioned, type ServerHost } from './host.js';
import { ProcessControl, type Berth } from './process-control.js';
import type { RedisBinary } from './redis-binary.js';
import { startRedis, type StartOptions } from './redis-process.js';
import { awaitReplicas } from './replicas.js';
import { rolesOf, sentinelRolesOf, type Role } from './roles.js';
import { roleOf, sentinelConfig } from './sentinels.js';
import { prefixesOf } from './server-settings.js';
import type { ServerProcess } from './server-process.js';
import { ShimShop, verifyLoaded, type ShimNeeds, type Shims } from './shims/preload.js';
import { stopAll, Yard } from './yard.js';

export interface ProcessSettings {
  readonly binary: RedisBinary;
  readonly persistence: Persistence;
  readonly keyPrefix: string;
  readonly otherKeyPrefixes?: readonly string[];
}

type Special = Pick<StartOptions, 'extraArgs' | 'sentinel'>;

interface Started {
  readonly berth: Berth;
  readonly server: ServerProcess;
}

export class ProcessHost implements ServerHost {
  readonly kind = 'process';
  readonly #yard = new Yard();
  readonly #shims = new ShimShop(this.#yard.folder);
  #provisions = 0;

  constructor(private readonly settings: ProcessSettings) {}

  async provision(topology: Topology, needs: ShimNeeds = {}): Promise<Provisioned> {
    this.#provisions += 1;
    const roles = rolesOf(topology);
    const started: Started[] = [];
    const controls: ProcessControl[] = [];
    try {
      // The primary has to be there before its replicas can be told of it.
      const first = topology.replicas > 0 ? roles.slice(0, 1) : [];
      started.push(...(await this.#startAll(first, {}, needs)));
      const primary = started[0]?.server.endpoint;
      const follow = primary === undefined ? [] : ['--replicaof', primary.host, String(primary.port)];
      started.push(...(await this.#startAll(roles.slice(first.length), { extraArgs: follow }, needs)));
      const fleet = this.#fleetOf(roles, started, controls);
      await awaitReplicas(fleet);
      if (topology.kind !== 'sentinel') return await provisionedOf(fleet, () => stopAll(controls), controls);

      const watchers = await this.#startAll(sentinelRolesOf(topology), { sentinel: sentinelConfig(primary!) }, {});
      started.push(...watchers);
      const watching = this.#fleetOf(sentinelRolesOf(topology), watchers, controls);
      const watch = { fleet: watching, controls: controls.slice(roles.length), role: await roleOf(watching, fleet) };
      return await provisionedOf(fleet, () => stopAll(controls), controls.slice(0, roles.length), watch);
    } catch (error) {
      await stopAll(controls);
      await stopAll(started.map(({ server }) => server));
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#yard.close();
  }

  /** Adds their controls to those that are there. */
  #fleetOf(roles: readonly Role[], started: readonly Started[], controls: ProcessControl[]): Fleet {
    const members = started.map(({ server }, i): Member => ({
      ...roles[i]!,
      endpoint: server.endpoint,
      pid: server.pid,
    }));
    const fleet = new Fleet(members, prefixesOf(this.settings));
    this.#yard.adopt(fleet);
    for (const [i, { berth, server }] of started.entries())
      controls.push(new ProcessControl(controls.length, berth, fleet, members[i]!, server));
    return fleet;
  }

  #startAll(roles: readonly Role[], special: Special, needs: ShimNeeds): Promise<readonly Started[]> {
    return allOrNone(
      roles.map(async (role) => {
        const berth = await this.#berth(role, special, needs);
        return { berth, server: await berth.start(null) };
      }),
      (started) => stopAll(started.map(({ server }) => server)),
    );
  }

  async #berth({ name }: Role, special: Special, needs: ShimNeeds): Promise<Berth> {
    const { binary, persistence } = this.settings;
    const folderName = `${this.#provisions}-${name.replaceAll(' ', '-')}`;
    const shims = await this.#shims.fitOut(folderName, needs);
    const options = { binary, persistence, ...special, name, folderName, env: shims.env };
    return {
      name,
      folder: join(this.#yard.folder, folderName),
      shims,
      persistent: persistence !== 'none',
      start: (port) => this.#start(port === null ? options : { ...options, port }, shims),
    };
  }

  #start(options: Omit<StartOptions, 'dir' | 'guardian'>, shims: Shims): Promise<ServerProcess> {
    shims.clock?.starting();
    return this.#yard.start(
      (where) => startRedis({ ...options, ...where }),
      ({ pid }) => verifyLoaded(shims, options.name, pid),
    );
  }
}
