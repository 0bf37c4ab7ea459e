import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
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

/** The rules that such a plug-in breaks, each with what is said of it. */
async function brokenBy(script: Script, asked: Partial<Asked> = {}, name = 'gpu.sock', link?: string) {
  const folder = await mkdtemp(join(dir, 'p'))
  const plugin = await startPlugin(join(folder, name), script)
  if (link !== undefined) await symlink(name, join(folder, link))
  const facts = await examine({ ...USUAL, socket: join(folder, link ?? name), ...asked }, systemClock())
  await plugin.end()
  const failed = judgeAll(facts).filter(({ result }) => result === 'fail')
  return failed.map(({ id, detail }) => [id, detail.replace(TIME, 'NOW')])
}

// Most of it is waiting for what does not come.
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
        'gpu does not end in .sock; call it NAME.sock, NAME of letters, digits, ".", "_" and "-", at most 63',
      ],
    ])
  })

  it('is there for each rule', () => {
    const tried = [...Object.keys(BROKEN), 'socket-kind', 'socket-place']
    expect(tried.toSorted()).toEqual(RULES.map(({ id }) => id).toSorted())
  })
})
