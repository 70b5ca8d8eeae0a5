// The guard against calls into networks that are nobody's business: a table of addresses, the forms they can be written
// in, and the operator's list. The control is that public addresses pass.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowProblem, targetGuard } from '../../../src/sinks/webhooks/target-guard.ts';
import { problemNow, type Resolve } from '../../../src/sinks/webhooks/checked-agents.ts';

const guard = targetGuard({ allow: undefined, ports: '443,8443' });
const hook = new URL('https://hooks.example.com/in');

describe('addresses', () => {
  it.each(['8.8.8.8', '1.1.1.1', '93.184.216.34', '2606:4700::1111', '2a00:1450:4001:800::200e', '::ffff:8.8.8.8'])(
    '%s is public',
    (address) => {
      expect(guard.problemAt(hook, address)).toBeUndefined();
    },
  );

  it.each([
    ['0.0.0.0', 'unspecified'],
    ['10.0.0.1', 'private'],
    ['172.16.5.4', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'linkLocal'],
    ['100.64.0.1', 'carrierGradeNat'],
    ['100.100.100.200', 'carrierGradeNat'],
    ['192.0.0.192', 'reserved'],
    ['168.63.129.16', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['192.88.99.1', 'reserved'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:a9fe:a9fe', 'linkLocal'],
    ['::ffff:10.1.2.3', 'private'],
    ['64:ff9b::7f00:1', 'rfc6052'],
    ['2002:7f00:1::', '6to4'],
    ['2001:0:53aa:64c::1', 'teredo'],
    ['fe80::1', 'linkLocal'],
    ['fec0::1', 'deprecatedSiteLocal'],
    ['fc00::1', 'uniqueLocal'],
    ['fd00:ec2::254', 'uniqueLocal'],
    ['ff02::1', 'multicast'],
    ['2001:db8::1', 'reserved'],
    ['4000::1', 'reserved'],
  ])('%s is not public: %s', (address, range) => {
    expect(guard.problemAt(hook, address)).toContain(`not public (${range})`);
  });

  it('refuses every private IPv4 address in every IPv6 form of it', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const first = fc.constantFrom('10', '127', '169.254', '192.168', '100.64');
    fc.assert(
      fc.property(first, octet, octet, octet, (start, b, c, d) => {
        const v4 = [...start.split('.'), b, c, d].slice(0, 4).join('.');
        for (const form of [v4, `::ffff:${v4}`, `64:ff9b::${v4}`, `::${v4}`]) {
          expect(guard.problemAt(hook, form), form).toBeDefined();
        }
      }),
      { seed: 5 },
    );
  });
});

describe('addresses written in a URL', () => {
  it.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://①②⑦.⓪.⓪.①/',
  ])('%s is refused', (text) => {
    expect(guard.problemOf(new URL(text))).toContain('not public');
  });

  it.each([
    ['http://hooks.example.com/', 'must be an https:// address'],
    ['ftp://hooks.example.com/', 'must be an https:// address'],
    ['https://user:pass@hooks.example.com/', 'no user name and password'],
    ['https://hooks.example.com:22/', 'THROUGHLINE_WEBHOOK_PORTS (443, 8443)'],
    ['https://hooks.example.com:6379/', 'THROUGHLINE_WEBHOOK_PORTS'],
  ])('%s is refused, and why is said', (text, why) => {
    const url = new URL(text);
    expect(guard.problemOf(url) ?? guard.problemUnresolved(url)).toContain(why);
  });

  it('takes a public https address', () => {
    expect(guard.problemOf(hook)).toBeUndefined();
    expect(guard.problemOf(new URL('https://hooks.example.com:8443/x'))).toBeUndefined();
    expect(guard.problemOf(new URL('https://8.8.8.8/'))).toBeUndefined();
  });
});

describe('the operator’s list', () => {
  const allow = '10.20.0.0/16,127.0.0.1:4180,hooks.internal,named.example:9000,[fd00::1]:8080,fd12::/16';
  const listed = targetGuard({ allow, ports: '443' });
  const at = (url: string, address: string) => listed.problemAt(new URL(url), address);

  it('opens what it names, by http and on any port unless it names one', () => {
    expect(at('http://anything/', '10.20.3.4')).toBeUndefined();
    expect(at('http://anything:81/', '::ffff:10.20.3.4')).toBeUndefined();
    expect(at('http://127.0.0.1:4180/', '127.0.0.1')).toBeUndefined();
    expect(at('http://hooks.internal:8080/', '192.168.7.7')).toBeUndefined();
    expect(at('http://HOOKS.internal./', '100.64.1.1')).toBeUndefined();
    expect(at('http://named.example:9000/', '127.0.0.1')).toBeUndefined();
    expect(at('http://[fd00::1]:8080/', 'fd00::1')).toBeUndefined();
    expect(at('https://v6.example/', 'fd12:3::4')).toBeUndefined();
  });

  it('opens nothing else', () => {
    expect(at('http://anything/', '10.21.0.1')).toBeDefined();
    expect(at('http://127.0.0.1:4181/', '127.0.0.1')).toBeDefined();
    expect(at('http://named.example:9001/', '127.0.0.1')).toBeDefined();
    expect(at('https://other.internal/', '192.168.7.7')).toBeDefined();
    expect(at('http://other.internal/', '8.8.8.8')).toContain('https');
  });

  it('never opens a machine’s own credentials by a name', () => {
    expect(at('http://hooks.internal/', '169.254.169.254')).toContain('linkLocal');
    expect(at('http://hooks.internal/', '168.63.129.16')).toBeDefined();
    const explicit = targetGuard({ allow: '169.254.169.254', ports: '443' });
    expect(explicit.problemAt(new URL('http://hooks.internal/'), '169.254.169.254')).toBeUndefined();
  });

  it.each(['10.0.0.0/33', '10.0.0.300', 'hooks.internal:99999', '', 'a b', 'http://x', '[::1', 'x,,y'])(
    '%j is no list, and what is wrong is named',
    (text) => {
      expect(allowProblem(text)).toBeDefined();
    },
  );

  it('is understood in all its forms', () => {
    expect(allowProblem(allow)).toBeUndefined();
    expect(allowProblem('::1,fd00::/8,localhost,localhost:4180,[::1]:80')).toBeUndefined();
  });
});

describe('where a name leads now', () => {
  const leadsTo =
    (...addresses: readonly string[]): Resolve =>
    (_hostname, _options, done) =>
      done(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))); // prettier-ignore

  it('is looked at when a target is registered', async () => {
    expect(await problemNow(hook, guard, leadsTo('192.168.0.4'))).toContain('private');
    expect(await problemNow(hook, guard, leadsTo('8.8.8.8'))).toBeUndefined();
    expect(await problemNow(hook, guard, leadsTo('10.0.0.1', '8.8.8.8'))).toBeUndefined();
  });

  it('may be nowhere yet', async () => {
    const nowhere: Resolve = (_hostname, _options, done) => done(new Error('ENOTFOUND'), []);
    expect(await problemNow(hook, guard, nowhere)).toBeUndefined();
    expect(await problemNow(new URL('http://hooks.example.com/'), guard, nowhere)).toContain('https');
  });
});
