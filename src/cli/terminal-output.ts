/** Standard output belongs to the report alone. */
import { LockbenchError } from '../contract/index.js';

/** Resolves when the text has left, or when nobody reads any more (`| head`). Rejects when it could not be written. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      const code = (error as NodeJS.ErrnoException | null | undefined)?.code;
      if (error == null || code === 'EPIPE') resolve();
      else
        reject(
          new LockbenchError(
            'NOT_WRITABLE',
            `the report could not be written to standard output: ${error.message}`,
            'Print it again with bench report FOLDER.',
          ),
        );
    });
  });
}

/** Ends the process when what was written has left. */
export async function finish(exitCode: number): Promise<void> {
  await print('').catch(() => {});
  process.exit(exitCode);
}
