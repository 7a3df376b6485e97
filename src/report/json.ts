/** For programs: the result as it is, and nothing else. Its fields are a public interface. */
import type { Reporter } from '../contract/index.js';

export default {
  name: 'json',
  help: 'the whole result, for programs; the same as summary.json',
  render: (result) => `${JSON.stringify(result, null, 2)}\n`,
} satisfies Reporter;
