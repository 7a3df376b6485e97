/** Standard output belongs to the report alone. */

/** Resolves when the text has left, or nobody reads any more. */
export function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

/** Ends the process when what was written has left. */
export async function finish(exitCode: number): Promise<void> {
  await print('');
  process.exit(exitCode);
}
