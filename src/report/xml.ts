/** Well-formed XML 1.0 from elements, attributes and text. Characters that XML cannot hold become the replacement character. */

export interface Xml {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly content: readonly Xml[] | string;
}

export function element(name: string, attributes: Xml['attributes'], content: Xml['content'] = []): Xml {
  return { name, attributes, content };
}

export function xmlDocument(root: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${lines(root, '').join('\n')}\n`;
}

/** Text stands as it is, without indentation: blanks in it count. */
function lines({ name, attributes, content }: Xml, indent: string): readonly string[] {
  const head = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${attribute(String(value))}"`)];
  const open = `${indent}<${head.join(' ')}`;
  if (content.length === 0) return [`${open}/>`];
  if (typeof content === 'string') return [`${open}>${escaped(content)}</${name}>`];
  return [`${open}>`, ...content.flatMap((child) => lines(child, `${indent}  `)), `${indent}</${name}>`];
}

function escaped(text: string): string {
  return text
    .replace(forbidden, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}

/** A parser turns bare line ends in attributes into blanks. */
function attribute(text: string): string {
  return escaped(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}

/** Source: XML 1.0 (fifth edition), 2.2, production Char. With the u flag a surrogate matches only where it stands alone. */
// eslint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/gu;
