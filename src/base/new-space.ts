/**
 * How much room V8 has for new objects wherever designs run, libraries' as well as ours. Thousands of contenders keep what they
 * ask for alive over a round trip; in Node's own 16 MiB it is copied again and again before it can die.
 */
const semiSpaceMb = 64;

/** For a worker thread; V8 counts three semi-spaces. */
export const threadLimits = { maxYoungGenerationSizeMb: 3 * semiSpaceMb } as const;

/** For a process. */
export const processArguments: readonly string[] = [`--max-semi-space-size=${semiSpaceMb}`];
