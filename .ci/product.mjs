// Starts the product with `npm start` from this clone, drives at least 1,000 events through it, and holds what the CRM
// has against the emulator's own ledger. Ends with the seconds to the first CRM record and a plain line of counts.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const EVENTS = 1000;
const LIMIT_MS = 150_000;
const startedAt = Date.now();
const seconds = () => ((Date.now() - startedAt) / 1000).toFixed(1);

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const dataDir = mkdtempSync(join(tmpdir(), 'tl-ci-'));
const [api, emulator, crm] = [await freePort(), await freePort(), await freePort()];
const product = spawn('npm', ['start'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: {
    ...process.env,
    THROUGHLINE_DATA_DIR: dataDir,
    THROUGHLINE_API_PORT: String(api),
    THROUGHLINE_EMULATOR_PORT: String(emulator),
    THROUGHLINE_CRM_EMULATOR_PORT: String(crm),
    THROUGHLINE_EMULATOR_RATE_PER_MINUTE: '0',
    THROUGHLINE_EMULATOR_SPEED: '200',
    THROUGHLINE_CRM_FLUSH_INTERVAL_MS: '1000',
  },
});
const ended = new Promise((resolve) => product.on('exit', (code, signal) => resolve(code ?? signal)));
product.stdout.on('data', (chunk) => process.stdout.write(chunk));

const ask = async (url, init) => {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`${init?.method ?? 'GET'} ${url} answered ${response.status}`);
  return response.json();
};
async function until(what, look, holds) {
  let last;
  for (;;) {
    last = await look().catch((error) => error.message);
    if (typeof last === 'object' && holds(last)) return last;
    if (Date.now() - startedAt > LIMIT_MS) throw new Error(`${what}: not in time; last seen ${JSON.stringify(last)}`);
    const gone = await Promise.race([ended, pause(200, 'waiting')]);
    if (gone !== 'waiting') throw new Error(`the product ended with ${gone} while CI waited: ${what}`);
  }
}

const checks = [];
const check = (name, holds, detail = '') => {
  checks.push(holds);
  process.stdout.write(`${holds ? 'ok' : 'FAILED'}  ${name}${detail === '' ? '' : ` (${detail})`}\n`);
};

async function run() {
  // async: until the first start has made it there is no password to read
  const overview = async () => {
    const { consolePassword } = JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8'));
    const Authorization = `Basic ${Buffer.from(`ci:${consolePassword}`).toString('base64')}`;
    return ask(`http://127.0.0.1:${api}/api/v1/overview`, { headers: { Authorization } });
  };
  await until('stream connected', overview, (now) => now.stream.connected);
  process.stdout.write(`stream connected after ${seconds()} s\n`);
  const start = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"count":60}' };
  await ask(`http://127.0.0.1:${emulator}/emulator/conversations`, start);
  const records = () => ask(`http://127.0.0.1:${crm}/ledger`);
  await until('first CRM record', records, ({ totals }) => totals.records > 0);
  process.stdout.write(`first CRM record after ${seconds()} s\n`);
  const ledger = () => ask(`http://127.0.0.1:${emulator}/emulator/ledger`);
  const truth = await until('all conversations over', ledger, (all) => all.conversations.every((one) => one.settled));
  const missing = async () => {
    const answers = await Promise.all(
      truth.conversations.map(({ conversationId }) =>
        ask(`http://127.0.0.1:${crm}/records/${conversationId}`).catch(() => undefined),
      ),
    );
    return { missing: answers.filter((record) => record?.record?.status !== 'ended').length };
  };
  // the overview is a sample of the last second, its parts read one after another: only the CRM can say that all is in
  const inCrm = await until('the CRM holds every conversation as ended', missing, (now) => now.missing === 0);
  const now = await until('nothing waits any more', overview, isQuiet);

  check(`at least ${EVENTS} events applied`, now.totals.eventsApplied >= EVENTS, `${now.totals.eventsApplied} events`);
  check('no conversation left in flight', now.conversations.inFlight === 0, `${now.conversations.inFlight}`);
  check('no dead letters', now.deadLetters.waiting === 0, `${now.deadLetters.waiting}`);
  check(`the CRM holds all ${truth.conversations.length} conversations as ended`, inCrm.missing === 0);
  const { totals: sent } = await records();
  const clean = sent.outOfOrder === 0 && sent.keyReuses === 0 && sent.repeated === 0;
  check('no record sent twice, none out of order', clean, `${sent.records} records in ${sent.batches} batches`);
}

const isQuiet = ({ totals, crm: buffer, partitions, conversations }) =>
  totals.eventsApplied >= EVENTS &&
  conversations.inFlight === 0 &&
  buffer.waiting === 0 &&
  buffer.inFlightBatches === 0 &&
  partitions.every(({ depth, outbox }) => depth === 0 && outbox === 0);

let failure;
try {
  await run();
} catch (error) {
  failure = error;
}
product.kill('SIGINT');
const code = await Promise.race([ended, pause(60_000, 'still running')]);
if (code === 'still running') product.kill('SIGKILL');
check('Ctrl-C ends it cleanly', code === 0, `exit ${code}`);
rmSync(dataDir, { recursive: true, force: true });
if (failure !== undefined) {
  checks.push(false);
  process.stdout.write(`FAILED  ${failure.message}\n`);
}
const passed = checks.filter(Boolean).length;
process.stdout.write(`product checks after ${seconds()} s: ${passed} of ${checks.length} hold\n`);
process.exit(passed === checks.length ? 0 : 1);
