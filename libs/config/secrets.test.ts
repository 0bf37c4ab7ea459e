import { describe, expect, it } from 'vitest'
import { withoutSecretArguments } from './secret-arguments.ts'
import { withoutSecrets } from './show.ts'
import { faultsOf, HEAD, parse, set } from './testing.ts'

/** A plug-in with such keys. */
function pluginText(keys: object): string {
  const entry = { name: 'db', type: 'custom-plugin', config: { pluginPath: '/opt/db.sh', ...keys } }
  return `${HEAD}monitors:\n  - ${JSON.stringify(entry)}\n`
}

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
  ])('%j is shown as %j', (args, shown) => {
    expect(withoutSecretArguments(args)).toEqual(shown)
    expect(JSON.stringify(withoutSecretArguments(args))).not.toContain('s3cret')
  })

  it.each([
    [['--component=kubelet', '--enable-repair=true', '--cooldown-time=1m']],
    [['--token-file=/etc/x', '--key-file', '/etc/y', '--password-count=3']],
    [['--monkey=banana', '--bypass=true', '--compass', 'north', '--keyspace=orders', '--user', '1000']],
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

describe('what a plug-in is given', () => {
  const text = pluginText({
    args: ['--pass=s3cret', '--token', 's3cret', '-v'],
    env: { QUEUE: 's3cret', MODE: 's3cret' },
  })

  it('is in force as it is written', () => {
    const { config } = parse(text).monitors[0] ?? {}
    expect(config).toMatchObject({ args: ['--pass=s3cret', '--token', 's3cret', '-v'], env: { QUEUE: 's3cret' } })
  })

  it('is shown without its secrets: as the configuration, and value by value', () => {
    const shown = withoutSecrets(parse(text))
    expect(JSON.stringify(shown)).not.toContain('s3cret')
    expect(shown.monitors[0]?.config).toMatchObject({
      args: ['--pass=(hidden)', '--token', '(hidden)', '-v'],
      env: { QUEUE: '(hidden)', MODE: '(hidden)' },
    })
    const values = shown.settingsInForce.set.filter(({ key }) => key.includes('config')).map(({ value }) => value)
    expect(values).toEqual(['/opt/db.sh', '(hidden)', '(hidden)', '--pass=(hidden)', '--token', '(hidden)', '-v'])
  })

  it('is shown nowhere where it is set by a flag', () => {
    const flags = [set('monitors.db.config.env.QUEUE=s3cret'), set('monitors.db.config.args.2=--pass=s3cret')]
    expect(JSON.stringify(withoutSecrets(parse(text, { flags })))).not.toContain('s3cret')
  })

  it('is in no error', () => {
    const faults = faultsOf(pluginText({ args: ['--token', 53_000], env: { QUEUE: ['s3cret'], '0X': 's3cret' } }))
    expect(faults.length).toBeGreaterThan(0)
    expect(faults.join('\n')).not.toMatch(/s3cret|53000/)
  })

  it('is no secret of the rules of a file of node-problem-detector either', () => {
    const rule = { condition: 'C', path: '/x', args: ['--pass=s3cret'] }
    const entry = {
      name: 'f',
      type: 'npd-plugin',
      config: { path: '/f.json', conditions: [{ type: 'C' }], rules: [rule] },
    }
    const shown = withoutSecrets(parse(`${HEAD}monitors:\n  - ${JSON.stringify(entry)}\n`))
    expect(JSON.stringify(shown)).not.toContain('s3cret')
  })
})

it('what is made of a variable that holds a secret is hidden in the whole configuration too', () => {
  const text = pluginText({ args: ['--with=${DB_PASSWORD}'], pluginPath: '/opt/${API_TOKEN}.sh' })
  const config = parse(text, { env: { DB_PASSWORD: 's3cret', API_TOKEN: 's3cret' } })
  expect(config.monitors[0]?.config['pluginPath']).toBe('/opt/s3cret.sh')
  expect(JSON.stringify(withoutSecrets(config))).not.toContain('s3cret')
})
