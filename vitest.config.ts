import { defineConfig } from 'vitest/config';
import { BaseSequencer, type Reporter, type TestSpecification } from 'vitest/node';

/** After everything else: what was skipped and why, and one line that other programs can read. */
const closingLine: Reporter = {
  onTestRunEnd(modules, errors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    // What fails before a test begins leaves its tests skipped, and is a failure.
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const broken = suites.filter((suite) => suite.errors().length > 0).length;
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const reasons = skipped.map((test) => {
      const result = test.result();
      return `  ${test.fullName}${'note' in result && result.note ? `: ${result.note}` : ''}`;
    });
    const failed = count('failed') + broken + errors.length;
    process.once('exit', () => {
      if (reasons.length > 0) console.log(`skipped:\n${reasons.join('\n')}`);
      console.log(`${count('passed')} passed, ${failed} failed, ${skipped.length} skipped`);
    });
  },
};

/** Files of few lines that take minutes: by size they would begin last, and one worker would be left with them. */
const longest = [
  'faults/ways.redis',
  'strategies/conform.redis',
  'faults/faults.redis',
  'check/mutants/mutants.redis',
  'sim/soundness',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.js`));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

// Tests run as compiled: worker threads and processes start from dist/, and so does everything that they share.
export default defineConfig({
  test: {
    include: ['dist/**/*.test.js'],
    exclude: ['**/node_modules/**'],
    server: { deps: { external: [/\/dist\/(?!.*\.test\.js$)/] } },
    reporters: ['default', closingLine],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    // A process for each file would cost a minute.
    isolate: false,
    sequence: { sequencer: LongestFirst },
  },
});
