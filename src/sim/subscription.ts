/** A subscription over a connection of its own: live once the server knows of it, a gap while there is no connection. */
import type { Route } from './node.js';
import type { Connection } from './wire.js';

export function subscribe(
  { world, loop, link, server }: Pick<Route, 'world' | 'loop' | 'link' | 'server'>,
  channel: string,
  onMessage: (payload: string) => void,
  onState: (state: 'live' | 'gap') => void,
): () => void {
  let stopped = false;
  let live = false;
  let connection: Connection | null = null;

  const connect = (): void => {
    loop.after(world.uniformMs(link.reconnectMs), () => {
      if (stopped) return;
      connection = server.connect(link, loop, { onResult, onClosed });
      if (connection === null) connect();
      else connection.write({ name: 'SUBSCRIBE', args: [channel] });
    });
  };
  const onResult = (result: { readonly reply: unknown } | { readonly error: unknown }): void => {
    if (stopped || 'error' in result) return;
    if (live) {
      onMessage(String(result.reply));
      return;
    }
    live = true;
    onState('live');
  };
  const onClosed = (): void => {
    if (stopped) return;
    if (live) onState('gap');
    live = false;
    connect();
  };

  connect();
  return () => {
    stopped = true;
    connection?.die('unsubscribed');
  };
}
