import { defineConfig } from 'vitest/config';

// Tests run as compiled: worker threads and processes start from dist/, and so does everything that they share.
export default defineConfig({
  test: {
    include: ['dist/**/*.test.js'],
    exclude: ['**/node_modules/**'],
    server: { deps: { external: [/\/dist\/(?!.*\.test\.js$)/] } },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    fileParallelism: true,
    maxWorkers: 2,
  },
});
