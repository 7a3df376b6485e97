/** For programs: the document as it is, and nothing else. Its fields are a public interface. */
import type { DocumentReporter } from '../../contract/index.js';
import type { ConformDocument } from '../results.js';

export default {
  name: 'json',
  help: 'every case with its verdict, for programs',
  render: (document) => `${JSON.stringify(document, null, 2)}\n`,
} satisfies DocumentReporter<ConformDocument>;
