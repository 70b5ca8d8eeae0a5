// The ready-made files the console's pages name under /assets/vendor/. Invariant: classic scripts, no modules: the page
// loads them with a plain script tag.
import { createRequire } from 'node:module';

/** The smallest build of ECharts that draws lines: no tooltip or legend of its own, which the page has itself. */
export const consoleAssets = (): Readonly<Record<string, string>> => ({
  'echarts.js': createRequire(import.meta.url).resolve('echarts/dist/echarts.simple.min.js'),
});
