import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { configSchema } from './config-schema.js';
import { parseConfig } from './config.js';

const parse = (value: unknown): ReturnType<typeof parseConfig> => parseConfig(JSON.stringify(value), 'my.json');
const full = {
  $schema: './schema.json',
  run: [
    {
      name: 'speed',
      strategy: ['single', 'redlock'],
      keys: 1000,
      hold: '1ms',
      threshold: ['violations==0', 'jain>0.9'],
      'abort-on-fail': true,
    },
    { strategy: 'redlock', fault: 'restart-empty:1', 'abort-on-fail': false },
  ],
  compare: { baseline: 'redlock@git=main', candidate: 'redlock', budget: '2m', inconclusive: 'fail' },
  conform: { strategy: 'redlock' },
};

describe('a configuration', () => {
  it('is the steps in the order of the file, with options as text', () => {
    expect(parse(full)).toEqual([
      {
        section: 'run',
        title: 'run: speed',
        options: {
          strategy: ['single', 'redlock'],
          keys: '1000',
          hold: '1ms',
          threshold: ['violations==0', 'jain>0.9'],
          'abort-on-fail': 'true',
        },
      },
      { section: 'run', title: 'run 2 of 2', options: { strategy: 'redlock', fault: 'restart-empty:1' } },
      { section: 'compare', title: 'compare', options: full.compare },
      { section: 'conform', title: 'conform', options: { strategy: 'redlock' } },
    ]);
  });

  it('tells all that is wrong with it, and what was meant', () => {
    const wrong = { runs: {}, run: { stratgy: 'redlock', keys: [1, 2], hold: {} }, compare: 'redlock' };
    expect(() => parse(wrong)).toThrow(
      [
        'my.json: there is no section "runs"; did you mean run?',
        'my.json: run: there is no option "stratgy"; did you mean strategy?',
        'my.json: run: keys: got [1,2], expected text, a number, true or false',
        'my.json: run: hold: got {}, expected text, a number, true or false',
        'my.json: compare: got "redlock", expected an object of options',
      ].join('\n'),
    );
  });

  it.each([
    ['{', /my.json is not JSON/],
    ['[]', /my.json is no object/],
    ['{}', /nothing to do/],
  ])('%s is refused', (text, message) => {
    expect(() => parseConfig(text, 'my.json')).toThrow(message);
  });

  it('takes no text for a switch, which "false" would turn on', () => {
    expect(() => parse({ run: { 'auto-extend': 'false' } })).toThrow(/got "false", expected true or false/);
  });

  it('leaves what a section does not take to others', () => {
    expect(() => parse({ conform: { keys: 5 } })).toThrow(/no option "keys"/);
    expect(() => parse({ run: { format: 'json' } })).toThrow(/no option "format"/);
  });
});

describe('its schema', () => {
  const valid = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(configSchema());

  it('is the one that is published (npx vitest run src/plan/config -u writes it anew)', async () => {
    const text = await format(JSON.stringify(configSchema()), { parser: 'json', printWidth: 120 });
    await expect(text).toMatchFileSnapshot('../../../results/schema/config.schema.json');
  });

  it('takes what the program takes, and refuses what it refuses', () => {
    expect(valid(full), JSON.stringify(valid.errors)).toBe(true);
    expect(valid({ runs: {} })).toBe(false);
    expect(valid({ run: { stratgy: 'redlock' } })).toBe(false);
    expect(valid({ run: { keys: [1, 2] } })).toBe(false);
    expect(valid({ compare: { candidate: 'redlock' } })).toBe(false);
  });

  it('takes our own configuration', () => {
    const own: unknown = JSON.parse(
      readFileSync(new URL('../../../.github/bench.config.json', import.meta.url), 'utf8'),
    );
    expect(valid(own), JSON.stringify(valid.errors)).toBe(true);
    expect(parse(own).length).toBeGreaterThan(0);
  });
});
