import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readNpdFile } from './read.ts'
import { linesOf, NOTHING, readText } from './testing-npd.ts'

/** A file with a rule that has such keys. */
function fileWith(keys: string, rest = ''): string {
  return `{"plugin":"custom",${rest}"conditions":[{"type":"A"}],"rules":[{"type":"permanent","condition":"A","path":"/x",${keys}}]}`
}

/** Faults and warnings, without their places. */
function saidOf(text: string): readonly string[] {
  const { faults, warnings } = readText(text)
  return linesOf([...faults, ...warnings]).map((line) => line.replace(/^\d+:\d+: /, ''))
}

describe('what a file gives to a program', () => {
  it.each([
    ['"args":"--password s3cret"', 'rules[0].args: (hidden) is a text; expected a list'],
    ['"ARGS":"--password s3cret"', 'rules[0].args: (hidden) is a text; expected a list'],
    ['"arg\\u017f":"--password s3cret"', 'rules[0].args: (hidden) is a text; expected a list'],
    ['"args":53000', 'rules[0].args: (hidden) is a number; expected a list'],
    ['"args":true', 'rules[0].args: is (hidden); expected a list'],
    ['"args":{"--password":"s3cret"}', 'rules[0].args: is a map; expected a list'],
    ['"args":["--token",53000]', 'rules[0].args[1]: (hidden) is a number; expected a text'],
    ['"args":["--token",true]', 'rules[0].args[1]: is (hidden); expected a text'],
    ['"args":["-p",8080]', 'rules[0].args[1]: 8080 is a number; expected a text'],
    ['"args":[["--password","s3cret"]]', 'rules[0].args[0]: is a list; expected a text'],
    ['"args":[{"--password=s3cret":"s3cret"}]', 'rules[0].args[0]: is a map; expected a text'],
  ])('%s is no text of a fault where it is a secret', (keys, fault) => {
    expect(saidOf(fileWith(keys))).toEqual([fault])
  })

  it.each(['"env":{"QUEUE":"s3cret"}', '"env":["QUEUE=s3cret"]', '"--password=s3cret":1', '"arg":"--pass=s3cret"'])(
    '%s is told without it',
    (keys) => {
      expect(saidOf(fileWith(keys)).join('\n')).not.toContain('s3cret')
    },
  )

  it('is in force as it is written', () => {
    const { config } = readText(fileWith('"args":["--password","s3cret"]'))
    expect(config).toMatchObject({ rules: [{ args: ['--password', 's3cret'] }] })
  })

  it('is hidden in the path of a program, where somebody writes it into that', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'npd-secrets-'))
    try {
      const path = join(folder, 'x.json')
      await writeFile(path, fileWith('"args":[]').replace('"/x"', '"/x --password=s3cret"'))
      const { faults } = await readNpdFile({ path, kind: 'plugin', named: 'npd.dir' }, NOTHING, {
        lookForPrograms: true,
      })
      expect(faults.map(({ text }) => text)).toEqual([
        '"/x --password=(hidden)" does not exist; expected the path of a program',
      ])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

it('values behind keys that speak of a secret, and users in URLs, are in no fault either', () => {
  const said = saidOf('{"plugin":"kmsg","source":["x"],"pluginConfig":{"apiToken":53000}}')
  expect(said).toContain('pluginConfig.apiToken: (hidden) is a number; expected a text')
  expect(saidOf('{"plugin":"http://me:s3cret@h/x","rules":"http://me:s3cret@h"}').join('\n')).not.toContain('s3cret')
})
