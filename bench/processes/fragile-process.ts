// A worker with a bug: reading a certain text takes its whole process down, as a crash in native code or an endless
// allocation would. Invariant: apart from that it is the worker.
/** What its tests put into an event. */
const FATAL_TEXT = 'this text kills its reader';

const parse = JSON.parse;
JSON.parse = (text: string, reviver?: Parameters<typeof parse>[1]): unknown => {
  if (text.includes(FATAL_TEXT)) process.kill(process.pid, 'SIGKILL');
  return parse(text, reviver) as unknown;
};

await import('./role-process.ts');
