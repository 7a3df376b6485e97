/** Connections end in the middle of a reply: what was asked has been done, and the client cannot know. */
import type { Fault } from '../contract/index.js';
import { names } from './aim.js';
import { clientsOf, touchedBy } from './links.js';

/** Until a reply was there to be cut in half. */
const lookMs = 10;
const lookLimitMs = 1000;

export default {
  name: 'reset',
  help: 'connections are reset in the middle of a reply',
  hits: 'network',
  defaultTarget: '1',
  clients: 'all',
  instant: true,
  options: {},
  needs: { relay: true },
  async strike(lab) {
    const links = lab.links(lab.targets);
    await touchedBy(links);
    const atMs = lab.nowMs();
    // On connections without a reply it still waits for one.
    lab.onHeal(() => Promise.all(links.map((link) => link.reset())));
    await Promise.all(links.map((link) => link.reset(true)));
    let touched = 0;
    while (touched === 0 && lab.nowMs() < atMs + lookLimitMs) {
      await lab.sleep(lookMs);
      touched = await touchedBy(links);
    }
    return {
      what: `connections of ${clientsOf(links)} to ${names(lab.targets)} reset in mid-reply`,
      atMs,
      probe: () => Promise.resolve(touched > 0 ? null : 'no reply came over these links'),
    };
  },
} satisfies Fault;
