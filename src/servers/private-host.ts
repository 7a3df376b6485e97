/** Private servers of an engine as child processes, fresh ones for every topology. What is special about the engine is its `Breed`. */
import { join } from 'node:path';
import type { Persistence, Topology } from '../contract/index.js';
import { allOrNone } from './all-or-none.js';
import type { Dialect } from './dialect.js';
import { Fleet, type Member } from './fleet.js';
import { provisionedOf, type Provisioned, type ServerHost } from './host.js';
import { ProcessControl, type Berth } from './process-control.js';
import { rolesOf, type Role } from './roles.js';
import { startServer, type ServerProcess, type ServerProgram } from './server-process.js';
import { stopAll, Yard } from './yard.js';

export interface Breed {
  readonly dialect: Dialect;
  /** One program for each role, in their order. `runFolder` is for what they share. */
  programs(roles: readonly Role[], runFolder: string): Promise<readonly ServerProgram[]>;
  /** When all run: resolves when they are ready for use together. */
  settle?(fleet: Fleet): Promise<void>;
}

export interface PrivateSettings {
  readonly persistence: Persistence;
  readonly keyPrefix: string;
}

const noShims = { env: {}, clock: null, syncs: null } as const;

export class PrivateHost implements ServerHost {
  readonly kind = 'process';
  readonly #yard = new Yard();
  #provisions = 0;

  constructor(
    private readonly breed: Breed,
    private readonly settings: PrivateSettings,
  ) {}

  async provision(topology: Topology): Promise<Provisioned> {
    this.#provisions += 1;
    const roles = rolesOf(topology);
    const programs = await this.breed.programs(roles, this.#yard.folder);
    const berths = roles.map((role, i) => this.#berth(role, programs[i]!));
    const started = await allOrNone(
      berths.map((berth) => berth.start(null)),
      stopAll,
    );
    const members = started.map(({ endpoint, pid }, i): Member => ({ ...roles[i]!, endpoint, pid }));
    const fleet = new Fleet(members, this.settings.keyPrefix, this.breed.dialect);
    this.#yard.adopt(fleet);
    const controls = started.map((server, i) => new ProcessControl(i, berths[i]!, fleet, members[i]!, server));
    try {
      await this.breed.settle?.(fleet);
      return await provisionedOf(fleet, () => stopAll(controls), controls);
    } catch (error) {
      await stopAll(controls);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#yard.close();
  }

  #berth({ name }: Role, program: ServerProgram): Berth {
    const folderName = `${this.#provisions}-${name.replaceAll(' ', '-')}`;
    const start = (again: number | null): Promise<ServerProcess> => {
      const port = again ?? program.port;
      return this.#yard.start((where) =>
        startServer(program, { ...where, name, folderName, ...(port === undefined ? {} : { port }) }),
      );
    };
    return {
      name,
      folder: join(this.#yard.folder, folderName),
      shims: noShims,
      persistent: this.settings.persistence !== 'none',
      start,
    };
  }
}
