/** The process of one side, as the harness sees it. */
import type { SideAnswer, SideOrder, SideSpec, SideTotals, SliceFigures, SliceOrder } from './protocol.js';
import { Servant } from './servant.js';

/** Beyond what a slice takes: settling has a limit of its own. */
const answerMs = 10_000;

export class SideProcess {
  readonly #servant: Servant<SideOrder, SideAnswer>;

  constructor(name: string) {
    this.#servant = new Servant(`the ${name}`, new URL('./side-main.js', import.meta.url));
  }

  async open(spec: SideSpec): Promise<Readonly<Record<string, unknown>>> {
    return (await this.#servant.ask({ kind: 'open', spec }, answerMs, 'opened')).clientOptions;
  }

  async run(order: SliceOrder): Promise<SliceFigures> {
    return (await this.#servant.ask({ kind: 'run', order }, order.sliceMs + answerMs, 'ran')).figures;
  }

  async totals(): Promise<SideTotals> {
    return (await this.#servant.ask({ kind: 'totals' }, answerMs, 'totals')).totals;
  }

  kill(): Promise<void> {
    return this.#servant.kill();
  }
}
