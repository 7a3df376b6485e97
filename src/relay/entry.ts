/** What runs in the relay thread: relays, and nothing that could keep them waiting. It ends when its owner ends it. */
import { parentPort } from 'node:worker_threads';
import { errorData } from '../base/error-data.js';
import { seededRandom } from '../base/random.js';
import type { Answer, FromRelays, Question, RelayRoute, ToRelays } from './protocol.js';
import { startRelay, type Relay } from './relay.js';
import { fromLinkState } from './state.js';

const port = parentPort!;
const relays: Relay[] = [];

port.on('message', ({ id, ...question }: ToRelays) => {
  answerTo(question).then(
    (answer) => say({ kind: 'answer', id, answer }),
    (error: unknown) => say({ kind: 'failed', id, error: errorData(error) }),
  );
});
say({ kind: 'ready' });

async function answerTo(question: Question): Promise<Answer> {
  if (question.kind === 'open') return open(question.routes, question.seed);
  const relay = relays[question.link];
  switch (question.kind) {
    case 'set':
      relay.set(fromLinkState(question.state));
      return { kind: 'done' };
    case 'reset':
      relay.reset(question.midReply);
      return { kind: 'done' };
    case 'move':
      relay.moveTo(question.upstream);
      return { kind: 'done' };
    case 'touched':
      return { kind: 'touched', count: relay.touched() };
  }
}

async function open(routes: readonly RelayRoute[], seed: number): Promise<Answer> {
  const opened = await Promise.all(routes.map((route) => openRoute(route, seed)));
  const first = relays.length;
  relays.push(...opened);
  const links = opened.map(({ endpoint }, i) => ({ link: first + i, port: endpoint.port }));
  return { kind: 'opened', links };
}

/** Each draws its jitter from a stream of its own: traffic on one does not change another's. */
async function openRoute({ name, upstream, initial }: RelayRoute, seed: number): Promise<Relay> {
  const { delayMs = 0, jitterMs = 0, ...passages } = initial;
  const relay = await startRelay(upstream, {
    standing: { delayMs, jitterMs },
    random: seededRandom(seed, `relay, ${name}`),
  });
  relay.set(passages);
  return relay;
}

function say(message: FromRelays): void {
  port.postMessage(message);
}
