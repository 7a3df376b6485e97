/** For tests: XML read back. Not by a test's own means, for the plug-ins of this folder are found by importing all of it. */
import assert from 'node:assert/strict';

export interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlNode[];
  text: string;
}

/** As strict as the reports need: every tag closed, every attribute quoted and once, no bare < or &. */
export function parseXml(xml: string): XmlNode {
  const root: XmlNode = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const unescaped = (text: string): string => {
    assert.doesNotMatch(text, /&(?!(amp|lt|gt|quot|#\d+);)|</);
    return text
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, '&');
  };
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const token = /<(\/?)([A-Za-z-]+)((?: [A-Za-z-]+="[^"]*")*)(\/?)>|([^<]+)/gy;
  let at = 0;
  for (const match of body.matchAll(token)) {
    assert.equal(match.index, at);
    at += match[0].length;
    const [, closing, name, attributes, selfClosing, text] = match;
    const top = open[open.length - 1];
    if (text !== undefined) top.text += unescaped(text);
    else if (closing === '/') assert.equal(open.pop()!.name, name);
    else {
      const pairs = [...attributes.matchAll(/ ([A-Za-z-]+)="([^"]*)"/g)].map(([, key, value]) => [
        key,
        unescaped(value),
      ]);
      assert.equal(new Set(pairs.map(([key]) => key)).size, pairs.length);
      const node: XmlNode = {
        name,
        attributes: Object.fromEntries(pairs) as Record<string, string>,
        children: [],
        text: '',
      };
      top.children.push(node);
      if (selfClosing === '') open.push(node);
    }
  }
  assert.deepEqual([at, open.length], [body.length, 1]);
  return root.children[0];
}

/** Of a JUnit suite: each case with what became of it. */
export function outcomesOf(suite: XmlNode): Record<string, string> {
  return Object.fromEntries(
    suite.children
      .filter(({ name }) => name === 'testcase')
      .map(({ attributes, children }) => [
        attributes.name,
        children.find(({ name }) => name !== 'system-out')?.name ?? 'passed',
      ]),
  );
}
