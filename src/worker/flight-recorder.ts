/**
 * What one worker sent to the servers and what they answered, step by step, with the steps of its contenders between them.
 * Stands in front of the nodes that the design gets, in runs with faults only: it costs two records for each command.
 */
import type { Cancel, Command, Failure, Lane, OnReply, RedisNode, Reply } from '../contract/index.js';
import { nowNs } from '../base/clock.js';
import { TraceRing } from '../record/trace.js';

const longestAnswer = 40;

export class FlightRecorder {
  readonly #ring = new TraceRing();
  #latest = { key: '', token: '' };

  constructor(
    private readonly worker: number,
    private readonly keyPrefix: string,
  ) {}

  /** The same nodes, overheard. */
  wrap(nodes: readonly RedisNode[]): RedisNode[] {
    return nodes.map((node) => {
      const shared = new OverheardLane(node.shared, node.index, this);
      return {
        index: node.index,
        shared,
        borrow: async (cancel: Cancel) => {
          const { lane, giveBack } = await node.borrow(cancel);
          return { lane: new OverheardLane(lane, node.index, this), giveBack };
        },
        onIncarnation: (listener) => node.onIncarnation(listener),
        subscribe: (channel, onMessage, onState) => node.subscribe(channel, onMessage, onState),
      };
    });
  }

  /** A step of a contender. */
  step(atNs: number, key: string, token: string, what: string): void {
    this.#ring.add({ atNs, worker: this.worker, node: null, key, token, what, answer: null });
  }

  /** The token of the latest command; null where that was about another key. */
  latestToken(key: string): string | null {
    return this.#latest.key === key && this.#latest.token !== '' ? this.#latest.token : null;
  }

  /** A command has been sent; returns what tells its answer. */
  sent(node: number, command: Command): (failure: Failure | null, reply: Reply) => void {
    const { key, token } = (this.#latest = this.#subject(command));
    const step = { worker: this.worker, node, key, token, what: command.script?.name ?? command.name };
    this.#ring.add({ atNs: nowNs(), ...step, answer: null });
    return (failure, reply) =>
      this.#ring.add({ atNs: nowNs(), ...step, answer: failure === null ? inWords(reply) : failure.code });
  }

  write(file: string): string | null {
    return this.#ring.write(file);
  }

  /** The key without the run's prefix, and the argument after the keys, which is the token wherever there is one. */
  #subject({ name, args, script }: Command): { readonly key: string; readonly token: string } {
    const keyAt = script === undefined ? 0 : 2;
    const full = String(args[keyAt] ?? '');
    if (!full.startsWith(this.keyPrefix)) return { key: '', token: '' };
    const token = script === undefined ? (name === 'SET' ? args[1] : '') : args[keyAt + Number(args[1])];
    return { key: full.slice(this.keyPrefix.length), token: String(token ?? '') };
  }
}

class OverheardLane implements Lane {
  constructor(
    private readonly lane: Lane,
    private readonly node: number,
    private readonly recorder: FlightRecorder,
  ) {}

  get incarnation(): number {
    return this.lane.incarnation;
  }

  get up(): boolean {
    return this.lane.up;
  }

  send(command: Command, timeoutMs: number, tag: number, done: OnReply): void {
    const answered = this.recorder.sent(this.node, command);
    this.lane.send(command, timeoutMs, tag, (sameTag, failure, reply) => {
      answered(failure, reply);
      done(sameTag, failure, reply);
    });
  }

  group(commands: readonly Command[], timeoutMs: number, tag: number, done: OnReply): void {
    const answered = commands.map((command) => this.recorder.sent(this.node, command));
    this.lane.group(commands, timeoutMs, tag, (sameTag, failure, reply) => {
      const replies = failure === null ? (reply as readonly Reply[]) : [];
      answered.forEach((tell, i) => tell(failure, replies[i] ?? null));
      done(sameTag, failure, reply);
    });
  }

  settled(): Promise<void> {
    return this.lane.settled();
  }
}

function inWords(reply: Reply): string {
  if (reply === null) return 'nil';
  const text = typeof reply === 'object' ? `[${reply.map(inWords).join(', ')}]` : String(reply);
  return text.length <= longestAnswer ? text : `${text.slice(0, longestAnswer - 1)}…`;
}
