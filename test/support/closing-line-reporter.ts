// Ends the run with one plain line of counts, for whoever reads logs by machine.
import type { Reporter, TestModule } from 'vitest/node';

export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const broken = modules.filter(
      (module) => module.state() === 'failed' && [...module.children.allTests()].length === 0,
    );
    const count = (state: string): number => states.filter((each) => each === state).length;
    process.stdout.write(
      `tests: ${count('passed')} passed, ${count('failed') + broken.length} failed, ${count('skipped')} skipped\n`,
    );
  }
}
