// Says in one sentence when Node is too old. Invariant: imported first, and written so that any Node since 14 reads it.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `Throughline needs Node 20.19 or newer; this is ${process.versions.node} (${process.execPath}). ` +
      'Get one from https://nodejs.org or with your version manager, then run the same command again.\n',
  );
  process.exit(1);
}
