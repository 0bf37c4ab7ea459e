import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const PROGRAM = join(import.meta.dirname, 'testing-process.ts')
const FILE = { plugin: 'kmsg', conditions: [], rules: [] }
const children: ChildProcess[] = []
let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-npd-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(dir, { recursive: true, force: true })
})

async function start(how: string) {
  const file = join(dir, 'kernel.json')
  await writeFile(file, JSON.stringify(FILE))
  const words = [how, `--config.system-log-monitor=${file}`, '--enable-k8s-exporter=false', '--port=0']
  const child = spawn(process.execPath, [PROGRAM, ...words], { env: { ...process.env, TMPDIR: dir } })
  children.push(child)
  const printed = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    printed.out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    printed.err += chunk.toString()
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const said = (text: string, times = 1) =>
    expect.poll(() => printed.out.split(text).length - 1, { timeout: 10_000 }).toBeGreaterThanOrEqual(times)
  return { child, printed, ended, said }
}

describe('a service that does not run', () => {
  it('ends the command, which says which one and why, when it does not start three times in a row', async () => {
    const { ended, printed } = await start('never-starts')
    expect(await ended).toBe(1)
    expect(printed.err).toBe('log does not start: no room for its table\n')
    expect(printed.out.split('"service starts again"').length - 1).toBe(2)
  })

  it('is started again when that may help, and a signal ends it all with 0', async () => {
    const { child, ended, printed, said } = await start('starts-late')
    await said('"component":"log","message":"service ready"')
    child.kill('SIGTERM')
    expect([await ended, printed.err]).toEqual([0, ''])
  })

  it('is no good end, when it was down as the signal came', async () => {
    const { child, ended, printed, said } = await start('fails-later')
    await said('"service starts again"', 2)
    child.kill('SIGTERM')
    expect(await ended).toBe(1)
    expect(printed.err).toBe('log did not run when it was asked to end: its reader died\n')
  })

  it('that only cannot be stopped in time is left, and the end is 0', async () => {
    const { child, ended, said } = await start('hangs-at-stop')
    await said('"component":"log","message":"service ready"')
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })
})
