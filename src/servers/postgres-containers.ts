/**
 * PostgreSQL in containers, by testcontainers, which is loaded only when it is needed. Its port is open to the network, so it
 * asks for a password, drawn anew each time. The image is BENCH_POSTGRES_IMAGE.
 */
import { randomBytes } from 'node:crypto';
import type { StartedTestContainer } from 'testcontainers';
import type { Topology } from '../contract/index.js';
import { allOrNone } from './all-or-none.js';
import { ContainerYard } from './container-yard.js';
import { Fleet, type Member } from './fleet.js';
import { provisionedOf, type Provisioned, type ServerHost } from './host.js';
import { postgresArgs } from './postgres-args.js';
import { postgresDialect } from './postgres-dialect.js';
import type { PrivateSettings } from './private-host.js';
import { rolesOf, type Role } from './roles.js';

const usualImage = 'postgres:17-alpine';
const postgresPort = 5432;
const startLimitMs = 120_000;
const passwordBytes = 16;
const username = 'lockbench';

export class PostgresContainers implements ServerHost {
  readonly kind = 'container';
  readonly #yard = new ContainerYard();
  readonly #password = randomBytes(passwordBytes).toString('hex');

  constructor(private readonly settings: PrivateSettings) {}

  async provision(topology: Topology): Promise<Provisioned> {
    const roles = rolesOf(topology);
    const stop = (containers: readonly StartedTestContainer[]): Promise<void> => this.#yard.stop(containers);
    const containers = await allOrNone(
      roles.map((role) => this.#start(role)),
      stop,
    );
    const members = containers.map((container, i): Member => {
      const [host, port] = [container.getHost(), container.getMappedPort(postgresPort)];
      const endpoint = { host, port, tls: false, username, password: this.#password, database: 'postgres' };
      return { ...roles[i]!, endpoint, pid: null };
    });
    try {
      return await provisionedOf(new Fleet(members, this.settings.keyPrefix, postgresDialect), () => stop(containers));
    } catch (error) {
      await stop(containers);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#yard.close();
  }

  async #start(role: Role): Promise<StartedTestContainer> {
    const { GenericContainer, Wait } = await import('testcontainers');
    const image = process.env['BENCH_POSTGRES_IMAGE'] || usualImage;
    const container = new GenericContainer(image)
      .withEnvironment({ POSTGRES_USER: username, POSTGRES_PASSWORD: this.#password, POSTGRES_DB: 'postgres' })
      .withCommand(['postgres', ...postgresArgs(this.settings.persistence)])
      .withExposedPorts(postgresPort)
      // Once for the server that sets up the data, once for the one that stays.
      .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
      .withStartupTimeout(startLimitMs);
    return this.#yard.start(container, { name: role.name, image, another: 'BENCH_POSTGRES_IMAGE names another' });
  }
}
