/** One table of what things cost, by tinybench: medians, and each set beside the first. */
import { Bench } from 'tinybench';

const timeMs = 400;

/** So many operations in one sample where a single one is shorter than a look at the clock. */
export const batch = 1000;

/** Prints medians of one operation, `each` of which make a sample, and returns them in ns, in the order of the tasks. */
export async function group(
  title: string,
  each: number,
  fill: (bench: Bench) => void | Promise<void>,
): Promise<number[]> {
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 4 });
  await fill(bench);
  await bench.run();
  process.stdout.write(`\n${title}\n`);
  const mediansNs: number[] = [];
  for (const { name, result } of bench.tasks) {
    if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`);
    const medianNs = (result.latency.p50 * 1e6) / each;
    mediansNs.push(medianNs);
    const ratio = (medianNs / mediansNs[0]).toFixed(2);
    const told = medianNs.toFixed(medianNs < 100 ? 1 : 0);
    process.stdout.write(
      `  ${name.padEnd(44)} ${told.padStart(10)} ns  ${ratio.padStart(7)}x  n=${result.latency.samplesCount}\n`,
    );
  }
  return mediansNs;
}
