#!/usr/bin/env node
/**
 * The command `bench` (and `lockbench`): the compiled program, or, in a clone that has not been set up, the line to type.
 * Plain JavaScript, for it has to run before anything is built. That package.json names it is also what keeps npx in the
 * clone from fetching an unrelated package called bench.
 */
import { existsSync } from 'node:fs';

const environmentExitCode = 3;
const program = new URL('../dist/src/cli/main.js', import.meta.url);

try {
  if (existsSync(program)) await import(program.href);
  else tellWhatToType();
} catch (error) {
  // Built, but its packages are gone.
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  tellWhatToType();
}

function tellWhatToType() {
  process.stderr.write('lockbench is not set up here yet. Type: npm start   (or: npm ci && npm run build)\n');
  process.exitCode = environmentExitCode;
}
