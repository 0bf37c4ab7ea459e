import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCommand } from './testing.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'validate-npd-'))
})
afterEach(() => rm(dir, { recursive: true }))

async function file(name: string, text: string): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, text)
  return path
}

const LOG = '{"plugin":"kmsg","rules":[{"type":"temporary","reason":"R","pattern":"a|b"}]}'
const PLUGIN = '{"plugin":"custom","rules":[{"type":"temporary","reason":"R","path":"/no/such.sh"}]}'
const STATS = '{"cpu":{"metricsConfigs":{"cpu/load_1m":{"displayName":"cpu/load_1m"}}}}'

it('a file of node-problem-detector by itself is read as one, of whichever kind', async () => {
  const [log, plugin, stats] = [await file('log.json', LOG), await file('p.json', PLUGIN), await file('s.json', STATS)]
  const good = await runCommand('validate', log)
  expect(good).toMatchObject({ code: 0, err: '' })
  expect(good.out).toMatch(
    new RegExp(
      `^${log} is a valid log file of node-problem-detector\\.\n  warning: ${log}:1:70: rules\\[0\\]\\.pattern: "a" `,
    ),
  )
  expect(await runCommand('validate', stats)).toEqual({
    code: 0,
    out: `${stats} is a valid stats file of node-problem-detector.\n`,
    err: '',
  })
  expect(await runCommand('validate', plugin)).toEqual({
    code: 2,
    out: `${plugin} is not a valid file of node-problem-detector:\n  fault: ${plugin}:1:69: rules[0].path: "/no/such.sh" does not exist; expected the path of a program\n`,
    err: '',
  })
  const all = await runCommand('validate', log, plugin, stats)
  expect(all.code).toBe(2)
  expect(all.out.split('\n').filter((line) => line.startsWith('/'))).toHaveLength(3)
  const json: unknown = JSON.parse((await runCommand('validate', log, plugin, '-o', 'json')).out)
  expect(json).toMatchObject({
    valid: false,
    error: { problems: [{ where: `${plugin}:1:69`, path: 'rules[0].path' }] },
    npd: {
      files: [
        { path: log, kind: 'log', warnings: [{ where: `${log}:1:70` }] },
        { path: plugin, kind: 'plugin' },
      ],
    },
  })
  expect(JSON.parse((await runCommand('validate', stats, '-o', 'json')).out)).toMatchObject({ valid: true })
  const set = await runCommand('validate', stats, '--set', 'npd.compat=["B99"]', '-o', 'json')
  expect(JSON.parse(set.out)).toMatchObject({ valid: false, error: { problems: [{ path: 'npd.compat[0]' }] } })
})

it('a file of an external monitor is known by itself, with what it says that has no effect', async () => {
  const path = await file(
    'gpu.json',
    '{"plugin":"external","pluginConfig":{"socketPath":"/run/gpu.sock"},"bufferSize":10}',
  )
  expect(await runCommand('validate', path)).toEqual({
    code: 0,
    out: [
      `${path} is a valid external file of node-problem-detector.`,
      `  warning: ${path}:1:51: pluginConfig.socketPath: is read as "pluginConfig.socketAddress"`,
      `  warning: ${path}:1:81: bufferSize: has no effect for external monitors\n`,
    ].join('\n'),
    err: '',
  })
  const mistyped = await file('mistyped.json', '{"plugin":"externall","pluginConfig":{"socketAddress":"/run/a.sock"}}')
  expect((await runCommand('validate', mistyped)).out).toContain(
    `  fault: ${mistyped}:1:11: plugin: there is no plugin "externall" of this kind; expected "external"`,
  )
  const bad = await file('bad.json', '{"plugin":"external","pluginConfig":{"socketAddress":"/run/a.sock",}}')
  expect((await runCommand('validate', bad)).out).toContain(`  fault: ${bad}:1:67: not valid JSON: a comma before "}"`)
})

it('files that the flag names are those of the configuration that is looked at', async () => {
  const own = `apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: x }\ndefaultMonitors: []\nmonitors: []\n`
  const config = await file('own.yaml', own)
  const gpu = await file(
    'gpu.json',
    '{"plugin":"external","source":"gpu-monitor","pluginConfig":{"socketAddress":"/run/gpu.sock"}}',
  )
  const bad = await file('bad.json', '{"plugin":"external"}')
  const { code, out } = await runCommand('validate', config, `--config.external-monitor=${gpu},${bad}`)
  expect(code).toBe(2)
  expect(out).toContain(`${config} is valid, but of 2 files of node-problem-detector 1 cannot be used.`)
  expect(out).toContain('  1 plug-in: gpu-monitor\n')
  expect(out).toContain(
    `  external file: ${gpu} (flag, --config.external-monitor=${gpu},${bad}) is plug-in "gpu-monitor"\n`,
  )
  expect(out).toContain(`    fault: ${bad}:1:1: pluginConfig.socketAddress: missing; expected the absolute path`)
})

it('JSON of it that cannot be read is told with its place', async () => {
  const bad = await file('bad.json', '{"plugin":"kmsg",\n "rules":[,]}')
  const { code, out } = await runCommand('validate', bad)
  expect(code).toBe(2)
  expect(out).toContain(`${bad} is not a valid file of node-problem-detector:\n  fault: ${bad}:2:11: not valid JSON: `)
})

it('a configuration in JSON stays one, and one is looked at at a time', async () => {
  const own = { apiVersion: 'node-doctor.io/v1alpha1', kind: 'NodeDoctorConfig', metadata: { name: 'x' }, monitors: [] }
  const config = await file('own.json', JSON.stringify(own))
  expect((await runCommand('validate', config)).out).toContain(`${config} is valid.`)
  expect((await runCommand('validate', await file('none.json', '{}'))).err).toContain('cannot use the configuration')
  expect(await runCommand('validate', config, await file('log.json', LOG))).toMatchObject({
    code: 2,
    err: expect.stringContaining(
      `${config} is no file of node-problem-detector; expected one configuration, or such files`,
    ),
  })
})
