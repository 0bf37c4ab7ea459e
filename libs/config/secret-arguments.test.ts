import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withoutSecretArguments } from './secret-arguments.ts'

describe('of the arguments of a program', () => {
  it.each([
    [['--pass=s3cret'], ['--pass=(hidden)']],
    [
      ['--db-password', 's3cret', '--host', 'h'],
      ['--db-password', '(hidden)', '--host', 'h'],
    ],
    [
      ['-token', 's3cret'],
      ['-token', '(hidden)'],
    ],
    [['--apiKey=s3cret'], ['--apiKey=(hidden)']],
    [
      ['--key', 's3cret'],
      ['--key', '(hidden)'],
    ],
    [['PGPASSWORD=s3cret'], ['PGPASSWORD=(hidden)']],
    [
      ['-H', 'Authorization: Bearer s3cret s3cret'],
      ['-H', 'Authorization: (hidden)'],
    ],
    [['{"client_secret": "s3cret"}'], ['{"client_secret": (hidden)']],
    [
      ['-c', 'mysql --password=s3cret -e x; curl --token s3cret y'],
      ['-c', 'mysql --password=(hidden) -e x; curl --token (hidden) y'],
    ],
    [
      ['--credentials', '-s3cret'],
      ['--credentials', '(hidden)'],
    ],
    [
      ['--password="s3cret s3cret"', '-v'],
      ['--password=(hidden)', '-v'],
    ],
    [
      ['-c', "PASS='s3cret s3cret' run"],
      ['-c', 'PASS=(hidden)'],
    ],
    [
      ['-u', 'user:s3cret', '--user=user:s3cret'],
      ['-u', '(hidden)', '--user=(hidden)'],
    ],
    [['http://user:s3cret@host/x'], ['http://(hidden)@host/x']],
    [
      ['--auth', 'Bearer', 's3cret', '-v'],
      ['--auth', '(hidden)', '(hidden)', '-v'],
    ],
    [
      ['-H', 'Authorization:', 'Bearer s3cret', '-v'],
      ['-H', 'Authorization:', '(hidden)', '-v'],
    ],
    [
      ['-H', 'Authorization: Basic', 's3cret'],
      ['-H', 'Authorization: (hidden)', '(hidden)'],
    ],
    [
      ['-c', 'curl --auth Bearer s3cret -v'],
      ['-c', 'curl --auth (hidden) -v'],
    ],
    [['--creds=s3cret'], ['--creds=(hidden)']],
    [
      ['--userpass', 's3cret', '--accesskey', 's3cret', '--psk', 's3cret', '--cred', 's3cret'],
      ['--userpass', '(hidden)', '--accesskey', '(hidden)', '--psk', '(hidden)', '--cred', '(hidden)'],
    ],
    [
      ['PASS1=s3cret', 'TOKEN_2=s3cret'],
      ['PASS1=(hidden)', 'TOKEN_2=(hidden)'],
    ],
    [
      ['-c', 'x --token abc\\ s3cret'],
      ['-c', 'x --token (hidden)'],
    ],
    [
      ['-c', 'cd /x; TOKEN=$(echo abc s3cret) run'],
      ['-c', 'cd /x; TOKEN=(hidden)'],
    ],
    [
      ['-c', 'cd /x; TOKEN=`echo abc s3cret` run'],
      ['-c', 'cd /x; TOKEN=(hidden)'],
    ],
    [
      ['-c', 'cd /x; PASS="a\\" s3cret" run'],
      ['-c', 'cd /x; PASS=(hidden)'],
    ],
    [['postgres://u:a/s3cret@h/x?y=z'], ['postgres://(hidden)@h/x?y=z']],
    [['http://a:s3cret@h,http://u:x/s3cret@i'], ['http://(hidden)@h,http://(hidden)@i']],
    [
      ['--auth', '--password', 's3cret', '-v'],
      ['--auth', '(hidden)', '(hidden)', '-v'],
    ],
    [
      ['-Dnet.keyStorePassword=s3cret s3cret', '--token-params=s3cret'],
      ['-Dnet.keyStorePassword=(hidden)', '--token-params=(hidden)'],
    ],
    [
      ['set', 'password', 's3cret'],
      ['set', 'password', '(hidden)'],
    ],
  ])('%j is shown as %j', (args, shown) => {
    expect(withoutSecretArguments(args)).toEqual(shown)
    expect(JSON.stringify(withoutSecretArguments(args))).not.toContain('s3cret')
  })

  it.each([
    [['--component=kubelet', '--enable-repair=true', '--cooldown-time=1m']],
    [['--token-file=/etc/x', '--key-file', '/etc/y', '--password-count=3']],
    [['--monkey=banana', '--bypass=true', '--compass', 'north', '--keyspace=orders', '--user', '1000']],
    [['--key-value-store=/var/lib/x', '--auth-mode=none', '--key-size', '2048', '--token-ttl=1h', '--keyspace']],
    [['/etc/keys/x', '-c', 'cat /var/run/secrets/x | grep -c passes', '--max=10', 'git@host:a/b.git', 'auth', '-v']],
    [['http://h:80/token/x', 'https://h/a@b', 'nginx:1.2@sha256:ab', 'docker://h:5000/x']],
    [['passed: 3', 'a path', '-p', '8080', 'http://h:80/x', '']],
  ])('%j all is shown', (args) => {
    expect(withoutSecretArguments(args)).toEqual(args)
  })

  it('a long one is read once', () => {
    const long = '-'.repeat(200_000) + 'pass '.repeat(20_000) + '"'.repeat(100_000)
    const began = performance.now()
    withoutSecretArguments([long, `--pass=${long}`])
    expect(performance.now() - began).toBeLessThan(5000)
  })
})

/** Names that speak of a secret, and how one stands behind each. */
const NAMES = [
  ...[
    'password',
    'pass',
    'passwd',
    'db-password',
    'token',
    'api-key',
    'apiKey',
    'secret',
    'client_secret',
    'auth',
    'creds',
  ],
  ...['cred', 'userpass', 'accesskey', 'psk', 'PASS1', 'TOKEN_2', 'PGPASSWORD', 'MYSQL_PWD', 'private-key', 'cookie'],
]
const SCHEMES = ['', 'Bearer ', 'Basic ', 'Digest ']
const WAYS: readonly ((name: string, value: string) => readonly string[])[] = [
  (name, value) => [`--${name}=${value}`],
  (name, value) => [`-${name}`, value],
  (name, value) => [`--${name}`, ...value.split(' ')],
  (name, value) => [`${name}=${value}`],
  (name, value) => ['-e', `X.${name}=${value}`],
  (name, value) => ['-H', `${name}: ${value}`],
  (name, value) => ['-H', `X-${name}:`, value],
  (name, value) => ['-H', `${name}:`, ...value.split(' ')],
  (name, value) => ['-c', `cd /x; run --${name} "${value}" -v`],
  (name, value) => ['-c', `cd /x; run --${name} ${value} -v`],
  (name, value) => ['-c', `cd /x; ${name}='${value}' run`],
  (name, value) => ['-c', `cd /x; ${name}=$(echo abc ${value}) run`],
  (name, value) => ['-c', `cd /x; run --${name} abc\\ ${value}`],
  (name, value) => [`{"a": 1, "${name}": "${value}"}`],
  (name, value) => [`https://h/x?a=b&${name}=${value}`],
]
const ORDINARY = [
  '/opt/check.sh',
  '--verbose',
  '-p',
  '8080',
  '--host=h',
  'a text',
  '--key-file=/etc/k',
  'http://h:80/x',
]

it('a secret stands in no argument that is shown, whatever its name and wherever it is; what is none stays', () => {
  const some = fc.array(fc.constantFrom(...ORDINARY), { maxLength: 3 })
  const given = [some, fc.constantFrom(...NAMES), fc.constantFrom(...SCHEMES), fc.constantFrom(...WAYS), some] as const
  fc.assert(
    fc.property(...given, (before, name, scheme, way, after) => {
      const shown = withoutSecretArguments([...before, ...way(name, `${scheme}s3cret`), ...after])
      expect(JSON.stringify(shown)).not.toContain('s3cret')
      expect(shown.slice(0, before.length)).toEqual(before)
      expect(shown.slice(shown.length - after.length)).toEqual(after)
    }),
    { numRuns: 3000 },
  )
})
