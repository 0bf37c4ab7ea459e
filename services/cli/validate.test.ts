import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCommand } from './testing.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'validate-'))
})
afterEach(() => rm(dir, { recursive: true }))

const TEXT = `apiVersion: node-doctor.io/v1alpha1
kind: NodeDoctorConfig
metadata: { name: a }
monitors:
  - name: time
    type: network-time
  - name: site
    type: network-connectivity-check
    config: { url: "http://me:word@a/" }
`

it('says each value that is no default with its origin, and which checks ask nobody', async () => {
  const file = join(dir, 'config.yaml')
  await writeFile(file, TEXT)
  const { code, out } = await runCommand('validate', file, '--set', 'bus.port=4444')
  expect(code).toBe(0)
  expect(out).toMatch(/ {2}9 values are set, \d+ are at their defaults; set are:\n/)
  expect(out).toContain('    bus.port: 4444 (flag, --set bus.port=4444)\n')
  expect(out).toContain('    monitors.site.config.url: http://(hidden)@a/ (config.yaml, line 9)\n')
  expect(out).toContain(
    '  warning: monitors.time asks nobody; expected "servers" with somebody in it (config.yaml, line 5)\n',
  )
  expect(JSON.parse((await runCommand('validate', file, '-o', 'json')).out)).toMatchObject({
    valid: true,
    warnings: [{ key: 'monitors.time', text: 'asks nobody; expected "servers" with somebody in it' }],
  })
})

it('says which scripts of repairs would not be run on this machine, and why, whatever machine it is meant for', async () => {
  const file = join(dir, 'config.yaml')
  const repair = 'remediation: { enabled: true, strategy: custom-script, scriptPath: /nowhere/mend.sh }'
  await writeFile(file, `${TEXT.trimEnd()}\n    ${repair}\n`)
  const { code, out } = await runCommand('validate', file)
  expect([code, out]).toEqual([
    0,
    expect.stringContaining(
      'warning: monitors.site.remediation.scriptPath "/nowhere/mend.sh" would not be run on this machine: there is no /nowhere (config.yaml, line 10)',
    ),
  ])
})

it('tells of any key of a controller what to write in its place, and of a time zone the nearest', async () => {
  const file = join(dir, 'config.yaml')
  const coordination = 'coordination: { controllerUrl: "http://x" }'
  await writeFile(file, `${TEXT}remediation:\n  timeZone: Europe/Berlni\n  ${coordination}\n`)
  await expect(runCommand('validate', file)).resolves.toMatchObject({
    err: expect.stringMatching(
      /Europe\/Berlni.*did you mean "Europe\/Berlin"\?\n.*coordination\.controllerUrl: unknown key; .*; write remediation\.lease/s,
    ),
  })
})
