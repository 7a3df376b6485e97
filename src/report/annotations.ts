/**
 * Workflow commands of GitHub Actions that become annotations. Escaped as @actions/core does it
 * (packages/core/src/command.ts): a text's %, CR and LF; in a property also : and the comma. Only ten of a level are shown, so
 * the gravest come first.
 */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly text: string;
}

export function workflowCommands(annotations: readonly Annotation[]): string {
  return annotations.map(({ level, title, text }) => `::${level} title=${property(title)}::${data(text)}\n`).join('');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
