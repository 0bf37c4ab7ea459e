import { describe, expect, it } from 'vitest'
import { withoutSecrets } from './show.ts'
import { faultsOf, HEAD, parse, set } from './testing.ts'

/** A plug-in with such keys. */
function pluginText(keys: object): string {
  const entry = { name: 'db', type: 'custom-plugin', config: { pluginPath: '/opt/db.sh', ...keys } }
  return `${HEAD}monitors:\n  - ${JSON.stringify(entry)}\n`
}

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
