/** For programs: the document as it is, and nothing else. Its fields are a public interface. */
import type { DocumentReporter } from '../../contract/index.js';
import type { CompareDocument } from '../document.js';

export default {
  name: 'json',
  help: 'the whole comparison, for programs; the same as compare.json',
  render: (document) => `${JSON.stringify(document, null, 2)}\n`,
} satisfies DocumentReporter<CompareDocument>;
