/** Text in GitHub's markdown that is not to be read as markup, nor as the name of somebody to be notified. */
import { printable } from '../base/paint.js';

export function escapedMarkdown(text: string): string {
  return printable(text)
    .replace(/[\\`*_[\]<>|#~]/g, '\\$&')
    .replace(/(^|[^A-Za-z0-9])@/g, '$1@\u200b');
}
