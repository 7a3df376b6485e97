/**
 * ZooKeeper in containers, by testcontainers, which is loaded only when it is needed. Its port is open to the network and asks
 * for no password: ZooKeeper has none by default. The image is BENCH_ZOOKEEPER_IMAGE.
 */
import type { StartedNetwork, StartedTestContainer } from 'testcontainers';
import type { Topology } from '../contract/index.js';
import { allOrNone } from './all-or-none.js';
import { ContainerYard } from './container-yard.js';
import { Fleet, type Member } from './fleet.js';
import { provisionedOf, type Provisioned, type ServerHost } from './host.js';
import type { PrivateSettings } from './private-host.js';
import { rolesOf, type Role } from './roles.js';
import { zookeeperDialect } from './zookeeper-dialect.js';
import { allServe } from './zookeeper-ready.js';
import { durabilityIn, zookeeperSettings } from './zookeeper-settings.js';

const usualImage = 'zookeeper:3.8';
const clientPort = 2181;
const startLimitMs = 120_000;

export class ZookeeperContainers implements ServerHost {
  readonly kind = 'container';
  readonly #yard = new ContainerYard();

  constructor(private readonly settings: PrivateSettings) {}

  async provision(topology: Topology): Promise<Provisioned> {
    const roles = rolesOf(topology);
    const network = await this.#yard.network();
    const stop = (containers: readonly StartedTestContainer[]): Promise<void> => this.#yard.stop(containers);
    const containers = await allOrNone(
      roles.map((_, at) => this.#start(roles, at, network)),
      stop,
    );
    try {
      const members = containers.map((container, i): Member => {
        const [host, port] = [container.getHost(), container.getMappedPort(clientPort)];
        return { ...roles[i]!, endpoint: { host, port, tls: false }, pid: null };
      });
      const { persistence, keyPrefix } = this.settings;
      const fleet = new Fleet(members, keyPrefix, zookeeperDialect(durabilityIn(persistence)));
      await allServe(fleet);
      return await provisionedOf(fleet, () => stop(containers));
    } catch (error) {
      await stop(containers);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#yard.close();
  }

  async #start(roles: readonly Role[], at: number, network: StartedNetwork): Promise<StartedTestContainer> {
    const { GenericContainer, Wait } = await import('testcontainers');
    const image = process.env['BENCH_ZOOKEEPER_IMAGE'] || usualImage;
    const servers = roles.map((_, i) => `server.${i + 1}=node-${i + 1}:2888:3888;${clientPort}`).join(' ');
    // The official image makes its zoo.cfg of a few variables; whatever else is in force is a Java property.
    const { tickTime, initLimit, syncLimit, maxClientCnxns, ...others } = zookeeperSettings(this.settings.persistence);
    const properties = Object.entries(others).map(([name, value]) => `-Dzookeeper.${name}=${value}`);
    const container = new GenericContainer(image)
      .withNetwork(network)
      .withNetworkAliases(`node-${at + 1}`)
      .withEnvironment({
        ZOO_TICK_TIME: String(tickTime),
        ZOO_INIT_LIMIT: String(initLimit),
        ZOO_SYNC_LIMIT: String(syncLimit),
        ZOO_MAX_CLIENT_CNXNS: String(maxClientCnxns),
        ZOO_4LW_COMMANDS_WHITELIST: '*',
        ZOO_ADMINSERVER_ENABLED: 'false',
        ZOO_CFG_EXTRA: `minSessionTimeout=${others.minSessionTimeout} maxSessionTimeout=${others.maxSessionTimeout}`,
        ...(roles.length === 1 ? {} : { ZOO_MY_ID: String(at + 1), ZOO_SERVERS: servers }),
        SERVER_JVMFLAGS: properties.join(' '),
      })
      .withExposedPorts(clientPort)
      .withWaitStrategy(Wait.forListeningPorts())
      .withStartupTimeout(startLimitMs);
    return this.#yard.start(container, {
      name: roles[at]!.name,
      image,
      another: 'BENCH_ZOOKEEPER_IMAGE names another',
    });
  }
}
