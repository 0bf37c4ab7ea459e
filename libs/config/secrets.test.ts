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

/** All that is said of a document: its faults, or what is shown of it. */
function saidOf(text: string, around: Parameters<typeof parse>[1] = {}): string {
  const faults = faultsOf(text, around)
  return faults.length > 0 ? faults.join('\n') : JSON.stringify(withoutSecrets(parse(text, around)))
}

describe('a secret that stands where none belongs', () => {
  /** A check that no monitor serves yet: whatever its keys are, they are taken as they are. */
  const unserved = `${HEAD}monitors:\n  - name: db\n    type: acme-health-check\n    config:\n      `
  const plugin = `${HEAD}monitors:\n  - name: db\n    type: custom-plugin\n    config:\n      pluginPath: /x\n      `

  it.each([
    'args: [--password, *s3cret]',
    'args: [--password, !s3cret x]',
    'args: [--password, !!s3cret x]',
    'args: [--password, "s3cret" s3cret]',
    'args: {"--password s3cret": 1}',
    'args: "--password s3cret"',
    'args: [--password, [s3cret]]',
    'args: [--password=s3cret, 5]',
    'args: [--password, 53000]',
    '"args: --password=s3cret": 1',
    'env: {"TOKEN=s3cret": ""}',
    'env: {"s3cret=x": "", "s3cret y": z}',
    'env: {"TOKEN=s3cret": }',
    'env: {"TOKEN=s3cret": [x]}',
    'env: {"TOKEN=s3cret": a, "TOKEN=s3cret": b}',
    'env: {X: 53000, Y: [s3cret], Z: {A: s3cret}}',
    'env: ["TOKEN=s3cret"]',
    'env: TOKEN=s3cret',
  ])('is shown nowhere: %s', (line) => {
    for (const before of [plugin, unserved]) expect(saidOf(`${before}${line}\n`)).not.toMatch(/s3cret|53000/)
  })

  it.each([
    'args=--password s3cret',
    'args=["--password", "s3cret"',
    'args[0=--password=s3cret',
    'args.--password s3cret=x',
    'env[TOKEN=s3cret',
    'env={"TOKEN": "s3cret"',
    'env["s3cret x"]=y',
  ])('is shown nowhere: --set monitors.db.config.%s', (pair) => {
    expect(saidOf(plugin, { flags: [set(`monitors.db.config.${pair}`)] })).not.toContain('s3cret')
  })

  it('is shown nowhere where a list or a map lacks its end, by a flag or by a variable', () => {
    const value = '{config: {env: {A: s3cret}}'
    for (const key of ['monitors', 'monitors.db', 'monitors.db.config']) {
      expect(saidOf(plugin, { flags: [set(`${key}=${value}`)] })).not.toContain('s3cret')
      const name = `NODE_DOCTOR_SET__${key.replaceAll('.', '__')}`
      expect(saidOf(plugin, { env: { [name]: value } })).not.toContain('s3cret')
    }
  })

  it('leaves what is no secret to be read', () => {
    expect(faultsOf(`${plugin}args: [-p, 8080]\n`)).toEqual([
      'config.yaml:10:18: monitors[0].config.args[1]: 8080 is not a text; expected a text, in quotes',
    ])
    expect(faultsOf(`${plugin}env: {MY-VAR: [a]}\n`)).toEqual([
      'config.yaml:10:13: monitors[0].config.env.MY-VAR: is a list; expected a text',
    ])
    expect(withoutSecrets(parse(`${unserved}args: [-p, 8080, true, a]\n`)).monitors[0]?.config).toEqual({
      args: ['-p', 8080, true, 'a'],
    })
  })
})
