import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { scriptedMonitor, wellScript } from '../../../libs/monitor-kit/testing/scripted-monitor.ts'
import { BOTH, closeStage, host, openStage } from '../../../libs/monitor-kit/testing/stage.ts'
import { examine } from './examine.ts'
import { judgeAll, RULES } from './rules.ts'
import { BROKEN } from './testing-broken.ts'
import { type Script, startPlugin } from './testing-plugin.ts'
import type { Asked } from './types.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-broken-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const USUAL = { timeoutMs: 5000, idleMs: 5, parameters: {}, stop: false, restart: undefined }
const TIME = /(?<=told at )\S+Z/

/** What was broken of a socket that another one serves. */
async function brokenAt(socket: string, asked: Partial<Asked>) {
  const facts = await examine({ ...USUAL, socket, ...asked }, systemClock())
  return judgeAll(facts).filter(({ result }) => result === 'fail')
}

/** The rules that such a plug-in breaks, each with what is said of it. */
async function brokenBy(script: Script, asked: Partial<Asked> = {}, name = 'gpu.sock', link?: string) {
  const folder = await mkdtemp(join(dir, 'p'))
  const plugin = await startPlugin(join(folder, name), script)
  if (link !== undefined) await symlink(name, join(folder, link))
  const broken = await brokenAt(join(folder, link ?? name), asked)
  await plugin.end()
  return broken.map(({ id, detail }) => [id, detail.replace(TIME, 'NOW')])
}

// Most of it is waiting: for a heartbeat of five seconds, or for what does not come.
describe.concurrent('a monitor of ours', () => {
  it('breaks no rule, its end included', async () => {
    const stage = await openStage()
    const { messages } = await host(stage, scriptedMonitor(wellScript()), BOTH)
    await expect.poll(messages, { timeout: 5000 }).toContain('service running')
    const broken = await brokenAt(stage.socket, { stop: true, timeoutMs: 2000 })
    await closeStage(stage)
    expect(broken).toEqual([])
  })
})

describe.concurrent('a plug-in that breaks one rule', () => {
  it.each(Object.entries(BROKEN))('%s', async (id, { script, asked, detail }) => {
    expect(await brokenBy(script, asked)).toEqual([[id, detail]])
  })

  it('socket-kind', async () => {
    expect(await brokenBy({ external: {} }, {}, 'gpu.sock', 'card.sock')).toEqual([
      ['socket-kind', 'a symbolic link stands there; listen at the path itself'],
    ])
  })

  it('socket-place', async () => {
    expect(await brokenBy({ external: {} }, {}, 'gpu')).toEqual([
      [
        'socket-place',
        '"gpu" does not end in .sock; call it NAME.sock, NAME of letters, digits, ".", "_" and "-", at most 63',
      ],
    ])
  })

  it('is there for each rule', () => {
    const tried = [...Object.keys(BROKEN), 'socket-kind', 'socket-place']
    expect(tried.toSorted()).toEqual(RULES.map(({ id }) => id).toSorted())
  })
})
