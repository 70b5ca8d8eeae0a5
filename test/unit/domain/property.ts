// Runs a property with a seed that is always printed, so that any run can be repeated: THROUGHLINE_TEST_SEED=<seed>.
import fc from 'fast-check';

export function check<T>(name: string, property: fc.IProperty<T>, numRuns = 300): void {
  const chosen = process.env['THROUGHLINE_TEST_SEED'];
  const seed = chosen === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(chosen);
  console.log(`${name}: seed ${seed}`);
  fc.assert(property, { seed, numRuns });
}
