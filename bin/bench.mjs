#!/usr/bin/env node
// Runs one program of bench/ by name (`node bin/bench.mjs speed --quick`): sets up and builds when that is due.
import './node-version.mjs';
import { build } from './build.mjs';
import { setUp } from './set-up.mjs';

const [name = '', ...args] = process.argv.slice(2);
if ((await setUp()) && (await build())) {
  const { main } = await import(`../dist/bench/${name}.js`);
  process.exitCode = await main(args);
} else {
  process.exitCode = 1;
}
