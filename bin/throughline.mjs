#!/usr/bin/env node
// The command: sets up and builds when that is due, then hands over to the CLI.
import './node-version.mjs';
import { build } from './build.mjs';
import { setUp } from './set-up.mjs';

if ((await setUp()) && (await build())) {
  const { main } = await import('../dist/src/cli/main.js');
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.exitCode = 1;
}
