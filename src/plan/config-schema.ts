/** The JSON Schema of the configuration file, for editors: made from the tables that the command line is made from. Pure. */
import type { OptionField } from '../contract/index.js';
import { configSections, fieldsOf, type ConfigSection } from './config.js';
import { repeatable } from './command-options.js';
import { defaultWords, type TextField } from './run-options.js';
import { showDefault } from './parse-field.js';

type Schema = Readonly<Record<string, unknown>>;

const titles: Readonly<Record<ConfigSection, string>> = {
  run: 'bench: designs against each other, with thresholds and faults',
  conform: 'bench conform: every behaviour that a lock promises',
  compare: 'bench compare: a candidate against a baseline',
};

export function configSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:lockbench:schema:config:1',
    title: 'lockbench configuration',
    description: 'What bench ci does, in the order of the file; options as on the command line',
    type: 'object',
    additionalProperties: false,
    required: [],
    properties: {
      $schema: { type: 'string', description: 'where an editor finds this schema' },
      ...Object.fromEntries(configSections.map((section) => [section, oneOrMore(section)])),
    },
    $defs: Object.fromEntries(configSections.map((section) => [section, sectionSchema(section)])),
  };
}

function oneOrMore(section: ConfigSection): Schema {
  const one = { $ref: `#/$defs/${section}` };
  return { description: titles[section], anyOf: [one, { type: 'array', minItems: 1, items: one }] };
}

function sectionSchema(section: ConfigSection): Schema {
  const fields = Object.entries(fieldsOf(section));
  return {
    type: 'object',
    additionalProperties: false,
    required: section === 'compare' ? ['baseline', 'candidate'] : [],
    properties: {
      name: { type: 'string', description: 'how the log calls it' },
      ...Object.fromEntries(fields.map(([name, field]) => [name, optionSchema(name, field)])),
    },
  };
}

function optionSchema(name: string, field: OptionField | TextField): Schema {
  const description = descriptionOf(name, field);
  const value = valueSchema(field);
  if (!repeatable.includes(name)) return { description, ...value };
  return { description, anyOf: [value, { type: 'array', minItems: 1, items: value }] };
}

function valueSchema(field: OptionField | TextField): Schema {
  switch (field.kind) {
    case 'integer':
      return { type: 'integer', minimum: field.min, maximum: field.max };
    case 'number':
      return { type: 'number', minimum: field.min, maximum: field.max };
    case 'boolean':
      return { type: 'boolean' };
    case 'duration':
      return {
        anyOf: [
          { type: 'string', pattern: '^\\d+(\\.\\d+)?(us|ms|s|m|h)?$' },
          { type: 'number', minimum: field.minMs, maximum: field.maxMs },
        ],
      };
    case 'choice':
      return field.integers === undefined ? { enum: field.choices } : { type: ['string', 'integer'] };
    case 'text':
      return { type: ['string', 'number'] };
  }
}

function descriptionOf(name: string, field: OptionField | TextField): string {
  const usual = defaultWords[name] ?? (field.kind === 'text' ? field.default : showDefault(field));
  const unit = field.kind === 'duration' ? ' (500us, 20ms, 10s, 2m; a number is ms)' : '';
  return `${field.help}${unit}${usual === '' ? '' : `; default: ${usual}`}`;
}
