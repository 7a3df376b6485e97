/** `bench list`: every plug-in, with what it does and its options. */
import { LockbenchError, exitCodes, type LockStrategy } from '../contract/index.js';
import { listPlugins, nearest, type Named, type PluginKind } from '../base/plugins.js';
import { describeField, showDefault } from '../plan/parse-field.js';
import type { Args } from './args.js';
import { print } from './terminal-output.js';

const kinds: Readonly<Record<string, PluginKind>> = {
  strategies: 'strategy',
  workloads: 'workload',
  loads: 'load shape',
  faults: 'fault',
  checks: 'check',
  reporters: 'reporter',
  scenarios: 'scenario',
};

type Listed = Named & { readonly help: string };

export async function listCommand(args: Args): Promise<number> {
  const [, wanted] = args._;
  if (wanted !== undefined && !Object.hasOwn(kinds, wanted)) {
    const near = nearest(wanted, Object.keys(kinds));
    throw new LockbenchError(
      'BAD_ARGUMENT',
      `there is no list of ${JSON.stringify(wanted)}`,
      near.length > 0 ? `Did you mean ${near[0]}?` : `There are: ${Object.keys(kinds).join(', ')}.`,
    );
  }
  const sections: string[] = [];
  for (const [title, kind] of Object.entries(kinds)) {
    if (wanted !== undefined && wanted !== title) continue;
    const plugins = await listPlugins<Listed>(kind);
    sections.push(
      [
        title,
        ...plugins.flatMap((plugin) =>
          kind === 'strategy' ? strategyLines(plugin as unknown as LockStrategy) : [line(plugin)],
        ),
      ].join('\n'),
    );
  }
  await print(`${sections.join('\n\n')}\n`);
  return exitCodes.ok;
}

function line({ name, help }: Listed): string {
  return `  ${name.padEnd(22)} ${help}`;
}

function strategyLines(strategy: LockStrategy): string[] {
  const options = Object.entries(strategy.options).map(
    ([key, field]) => `      ${`${key}=${describeField(field)}`.padEnd(34)} ${field.help} (${showDefault(field)})`,
  );
  return [line(strategy), ...options];
}
