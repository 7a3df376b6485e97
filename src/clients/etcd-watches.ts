/** All watches at one node, over one stream. Source: etcd, api/etcdserverpb/rpc.proto, `Watch`. */
import type { Cancel } from '../contract/index.js';
import { paths, watchMessage } from './etcd-messages.js';
import type { GrpcChannel, GrpcStream } from './grpc.js';
import { Message } from './protobuf.js';

export type Watched = 'deleted' | 'gap' | 'cancelled';

export class EtcdWatches {
  readonly #waiting = new Map<bigint, (what: Watched) => void>();
  #stream: GrpcStream | null = null;
  #ids = 0n;

  constructor(
    private readonly channel: GrpcChannel,
    private readonly onSent: () => void,
  ) {}

  deleted(key: string, sinceRevision: bigint, cancel: Cancel): Promise<Watched> {
    const stream = (this.#stream ??= this.#open());
    if (stream === null) return Promise.resolve('gap');
    const id = (this.#ids += 1n);
    return new Promise((resolve) => {
      let stopListening = (): void => {};
      this.#waiting.set(id, (what) => {
        this.#waiting.delete(id);
        stopListening();
        resolve(what);
      });
      stream.send(watchMessage.create(key, sinceRevision, id));
      this.onSent();
      stopListening = cancel.onCancel(() => {
        this.#end(id);
        this.#tell(id, 'cancelled');
      });
    });
  }

  /** The node may stand still: whoever waits has to look elsewhere. */
  giveUp(): void {
    const stream = this.#stream;
    this.#stream = null;
    stream?.close();
    for (const id of this.#waiting.keys()) this.#tell(id, 'gap');
  }

  #open(): GrpcStream | null {
    const stream = this.channel.stream(
      paths.watch,
      (message) => this.#read(message),
      () => {
        if (this.#stream === stream) this.giveUp();
      },
    );
    return stream;
  }

  #read(data: Buffer): void {
    const { id, cancelled, deleted } = watchMessage.read(new Message(data));
    if (deleted) {
      this.#end(id);
      this.#tell(id, 'deleted');
    } else if (cancelled) this.#tell(id, 'gap');
  }

  /** At the server, which would keep it for ever. */
  #end(id: bigint): void {
    if (!this.#waiting.has(id)) return;
    this.#stream?.send(watchMessage.cancel(id));
    this.onSent();
  }

  #tell(id: bigint, what: Watched): void {
    this.#waiting.get(id)?.(what);
  }
}
