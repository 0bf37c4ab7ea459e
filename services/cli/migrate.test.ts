import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCommand } from './testing.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'migrate-'))
})
afterEach(() => rm(dir, { recursive: true }))

const HEAD = 'apiVersion: v1\nkind: NodeDoctorConfig\nmetadata: { name: a }\n'
const CPU =
  '  - name: cpu\n    type: system-cpu\n    config:\n      loadAverageThresholds: { warning: 80 } # of the cores\n'
const TEXT = `${HEAD}settings: { logOutput: file }\nmonitors:\n${CPU}`

async function file(text: string): Promise<string> {
  const path = join(dir, 'go.yaml')
  await writeFile(path, text)
  return path
}

it('a file of the Go Node Doctor is written in our form, and what became of its keys is said beside it', async () => {
  const path = await file(TEXT)
  expect(await runCommand('migrate', path)).toEqual({
    code: 0,
    out: [
      '# Not taken over by node-doctor migrate:',
      `#   ${path}:4:13: settings.logOutput: has no effect: a process logs to standard output; let whoever starts it keep that in a file`,
      '',
      'apiVersion: node-doctor.io/v1alpha1',
      'kind: NodeDoctorConfig',
      'metadata: { name: a }',
      'monitors:',
      '  - name: cpu',
      '    type: system-cpu',
      '    config:',
      '      warningLoadFactor: 0.8',
      '',
    ].join('\n'),
    err: [
      `${path}:1:1: apiVersion: renamed: is read as "node-doctor.io/v1alpha1"`,
      `${path}:4:13: settings.logOutput: refused: has no effect: a process logs to standard output; let whoever starts it keep that in a file`,
      `${path}:9:32: monitors.cpu.config.loadAverageThresholds.warning: renamed: "loadAverageThresholds.warning" is read as "warningLoadFactor": 0.8 for 80`,
      '',
    ].join('\n'),
  })
})

it('validate says of each key of the Go Node Doctor what became of it, and of our own nothing', async () => {
  const path = await file(TEXT)
  const { code, out } = await runCommand('validate', path)
  expect(code).toBe(0)
  expect(out).toContain('  of the Go Node Doctor’s form: 2 renamed, 1 refused; every other key works as it is\n')
  expect(out).toContain(`  ${path}:4:13: settings.logOutput: refused: has no effect: a process logs to standard output`)
  const { notes } = JSON.parse((await runCommand('validate', path, '-o', 'json')).out) as { notes: unknown[] }
  expect(notes).toContainEqual(expect.objectContaining({ dialect: { status: 'refused', where: `${path}:4:13` } }))
  const ours = await file((await runCommand('migrate', path)).out)
  expect((await runCommand('validate', ours)).out).not.toMatch(/Go Node Doctor|renamed|refused|note:/)
})

it('a file that cannot be read, or says two things of one, is refused', async () => {
  expect(await runCommand('migrate')).toMatchObject({ code: 2, out: '' })
  expect(await runCommand('migrate', join(dir, 'none.yaml'))).toMatchObject({ code: 2, out: '' })
  const path = await file(`${TEXT}      warningLoadFactor: 3\n`)
  const { code, err } = await runCommand('migrate', path)
  expect([code, err]).toEqual([
    2,
    `cannot use the configuration (${path}), 1 error:\n  ${path}:9:32: monitors[0].config.loadAverageThresholds.warning: says another thing than "warningLoadFactor" at ${path}:10:7; expected one of them\n`,
  ])
})

it('what is not valid is written, and said with its place in the file', async () => {
  const path = await file(`${HEAD}monitors:\n  - { name: cpu, type: system-cpu-check, interval: 3 parsecs }\n`)
  const { code, out, err } = await runCommand('migrate', path)
  expect(code).toBe(2)
  expect(out).toContain('type: system-cpu,')
  expect(err).toContain(`what is written is not valid, as ${path} is not:\n`)
  expect(err).toContain(
    `  ${path}:5:42: monitors[0].interval: "3 parsecs" is not a duration; expected a number with a unit`,
  )
})
