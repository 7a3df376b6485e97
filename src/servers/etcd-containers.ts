/**
 * The nodes of an etcd cluster in containers, by testcontainers, which is loaded only when it is needed. They find each other
 * by name on a network of their own. Their client ports are open to whoever reaches this machine, and etcd asks nobody for a
 * password unless users are made in it: there is nothing in it but our locks. The image is BENCH_ETCD_IMAGE.
 */
import { randomBytes } from 'node:crypto';
import type { StartedNetwork, StartedTestContainer } from 'testcontainers';
import type { Topology } from '../contract/index.js';
import { allOrNone } from './all-or-none.js';
import { etcdDialect, synced } from './etcd-dialect.js';
import { awaitLeader } from './etcd-leader.js';
import { ContainerYard } from './container-yard.js';
import { Fleet, type Member } from './fleet.js';
import { provisionedOf, type Provisioned, type ServerHost } from './host.js';
import type { PrivateSettings } from './private-host.js';
import { rolesOf, type Role } from './roles.js';

const usualImage = 'quay.io/coreos/etcd:v3.5.21';
const clientPort = 2379;
const peerPort = 2380;
const startLimitMs = 120_000;
const tokenBytes = 8;

export class EtcdContainers implements ServerHost {
  readonly kind = 'container';
  readonly #yard = new ContainerYard();

  constructor(private readonly settings: PrivateSettings) {}

  async provision(topology: Topology): Promise<Provisioned> {
    const roles = rolesOf(topology);
    const network = await this.#yard.network();
    const token = `lockbench-${randomBytes(tokenBytes).toString('hex')}`;
    const stop = (containers: readonly StartedTestContainer[]): Promise<void> => this.#yard.stop(containers);
    const containers = await allOrNone(
      roles.map((role) => this.#start(role, roles, token, network)),
      stop,
    );
    const members = containers.map((container, i): Member => {
      const [host, port] = [container.getHost(), container.getMappedPort(clientPort)];
      return { ...roles[i]!, endpoint: { host, port, tls: false }, pid: null };
    });
    try {
      const fleet = new Fleet(members, this.settings.keyPrefix, etcdDialect(synced));
      await awaitLeader(fleet);
      return await provisionedOf(fleet, () => stop(containers));
    } catch (error) {
      await stop(containers);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#yard.close();
  }

  async #start(
    role: Role,
    roles: readonly Role[],
    token: string,
    network: StartedNetwork,
  ): Promise<StartedTestContainer> {
    const { GenericContainer, Wait } = await import('testcontainers');
    const image = process.env['BENCH_ETCD_IMAGE'] || usualImage;
    const alias = aliasOf(role);
    const container = new GenericContainer(image)
      .withCommand([
        'etcd',
        `--name=${alias}`,
        `--listen-client-urls=http://0.0.0.0:${clientPort}`,
        `--advertise-client-urls=http://${alias}:${clientPort}`,
        `--listen-peer-urls=http://0.0.0.0:${peerPort}`,
        `--initial-advertise-peer-urls=${peerUrlOf(role)}`,
        `--initial-cluster=${roles.map((one) => `${aliasOf(one)}=${peerUrlOf(one)}`).join(',')}`,
        `--initial-cluster-token=${token}`,
        '--heartbeat-interval=50',
        '--election-timeout=250',
      ])
      .withNetwork(network)
      .withNetworkAliases(alias)
      .withExposedPorts(clientPort)
      .withWaitStrategy(Wait.forLogMessage(/ready to serve client requests/))
      .withStartupTimeout(startLimitMs);
    return this.#yard.start(container, { name: role.name, image, another: 'BENCH_ETCD_IMAGE names another' });
  }
}

function aliasOf({ name }: Role): string {
  return name.replaceAll(' ', '-');
}

function peerUrlOf(role: Role): string {
  return `http://${aliasOf(role)}:${peerPort}`;
}
