/**
 * Servers in containers, by testcontainers, which is loaded only when it is needed: it is large. Data and settings as
 * with processes. Their ports are open to the network, so they ask for a password, drawn anew each time. The containers go
 * with the host; after a crash, testcontainers' own reaper removes them.
 */
import { randomBytes } from 'node:crypto';
import type { StartedNetwork, StartedTestContainer } from 'testcontainers';
import { LockbenchError, type Persistence, type Topology } from '../contract/index.js';
import { allOrNone } from './all-or-none.js';
import { ContainerYard } from './container-yard.js';
import { Fleet, type Member } from './fleet.js';
import { provisionedOf, type Provisioned, type ServerHost } from './host.js';
import { awaitReplicas } from './replicas.js';
import { prefixesOf } from './server-settings.js';
import { rolesOf, type Role } from './roles.js';
import { serverArgs } from './server-args.js';

export interface ContainerSettings {
  readonly image: string;
  readonly persistence: Persistence;
  readonly keyPrefix: string;
  readonly otherKeyPrefixes?: readonly string[];
}

type Testcontainers = typeof import('testcontainers');

const redisPort = 6379;
const startLimitMs = 120_000;
const passwordBytes = 16;
const primaryAlias = 'primary';

export class ContainerHost implements ServerHost {
  readonly kind = 'container';
  readonly #yard = new ContainerYard();
  readonly #password = randomBytes(passwordBytes).toString('hex');

  constructor(private readonly settings: ContainerSettings) {}

  async provision(topology: Topology): Promise<Provisioned> {
    if (topology.kind === 'sentinel') throw noSentinels();
    const tools = await import('testcontainers');
    const roles = rolesOf(topology);
    const containers: StartedTestContainer[] = [];
    try {
      // The primary has to be there before its replicas, and only they need a network in common.
      const network = topology.replicas > 0 ? await this.#yard.network() : null;
      const first = network === null ? [] : roles.slice(0, 1);
      for (const wave of [first, roles.slice(first.length)]) {
        const starting = wave.map((role) => this.#start(tools, role, network));
        containers.push(...(await allOrNone(starting, (started) => this.#yard.stop(started))));
      }
      const members = containers.map((container, i): Member => {
        const [host, port] = [container.getHost(), container.getMappedPort(redisPort)];
        const endpoint = { host, port, tls: false, password: this.#password };
        return { ...roles[i]!, endpoint, pid: null };
      });
      const fleet = new Fleet(members, prefixesOf(this.settings));
      await awaitReplicas(fleet);
      return await provisionedOf(fleet, () => this.#yard.stop(containers));
    } catch (error) {
      await this.#yard.stop(containers);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#yard.close();
  }

  async #start(tools: Testcontainers, role: Role, network: StartedNetwork | null): Promise<StartedTestContainer> {
    const { image, persistence } = this.settings;
    const follow = role.kind === 'replica' ? ['--replicaof', primaryAlias, String(redisPort)] : [];
    const login = ['--requirepass', this.#password, '--masterauth', this.#password];
    // Arguments alone: the official images of Redis and Valkey put their server in front of them.
    const container = new tools.GenericContainer(image)
      .withCommand([...serverArgs(persistence), ...login, ...follow])
      .withExposedPorts(redisPort)
      .withWaitStrategy(tools.Wait.forLogMessage(/Ready to accept connections/))
      .withStartupTimeout(startLimitMs);
    if (network !== null) container.withNetwork(network).withNetworkAliases(role.name.replaceAll(' ', '-'));
    return this.#yard.start(container, { name: role.name, image, another: '--image takes another' });
  }
}

/** They name the servers by addresses inside the containers' network, and write their configuration themselves. */
function noSentinels(): LockbenchError {
  return new LockbenchError(
    'BAD_PLAN',
    'containers are not started with sentinels',
    'Use --servers process, or docker compose --profile sentinel up -d --wait and --redis; docker-compose.yml tells how.',
  );
}
