/** The log monitor on this machine's kernel log, and on a state disk that answers nothing from its start on. */
import { writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { defineMonitor } from '#monitor-kit'
import type { Event } from '#proto/nodedoctor/v1/types.ts'
import { mountLoop, run, whyNoMounts } from '../../../libs/host/testing.ts'
import { closeStage, host, openStage, watchMonitor } from '../../../libs/monitor-kit/testing/stage.ts'
import { logKernel } from './checks/log-kernel/check.ts'
import { schema } from './checks/log-kernel/config.ts'

const TAG = `nd-frozen-${process.pid}-${Date.now()}`

function canRun(): boolean {
  try {
    writeFileSync('/dev/kmsg', '<7>node-doctor: a test of the log monitor begins\n')
    return whyNoMounts() === ''
  } catch {
    return false
  }
}

function ignore(): void {}

/** A monitor of the kernel's log, and its disk. */
async function machine() {
  const folder = await mkdtemp(join(tmpdir(), 'nd-frozen-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const disk = await mountLoop(folder, 16, ['mkfs.ext4', '-q', '-F'])
  onTestFinished(() => disk[Symbol.asyncDispose]())
  const stage = await openStage()
  onTestFinished(() => closeStage(stage))
  await symlink(disk.path, join(stage.runDir, 'state'))
  const freeze = (how: '-f' | '-u') => run('fsfreeze', how, disk.path)
  onTestFinished(() => freeze('-u').then(ignore, ignore))
  const monitor = defineMonitor({ name: 'tiny', description: 'Logs', checks: [logKernel] })
  const rules = [{ match: `${TAG} (\\w+)`, reason: 'Marked', message: '$1' }]
  const entries = [
    { name: 'kernel', type: 'log-kernel', config: schema.parse({ packs: [], facilities: 'any', rules }) },
  ]

  /** A process of it, and ids of the events that it tells of a mark. */
  async function start() {
    const { client, stop, ended } = await host(stage, monitor, entries)
    const watcher = watchMonitor(stage, client)
    const events: Event[] = []
    void (async () => {
      for (;;) {
        const report = await watcher.report()
        events.push(...report.events)
        watcher.ack(report)
      }
    })().catch(ignore)
    return {
      ids: (mark: string) => events.filter(({ message }) => message === mark).map(({ id }) => id),
      async end(): Promise<void> {
        await watcher.leave()
        stop.abort()
        await ended
      },
    }
  }
  return {
    freeze,
    start,
    mark: (word: string) => writeFileSync('/dev/kmsg', `<7>${TAG} ${word}\n`),
    cursor: () => readFile(join(disk.path, 'monitors/tiny/kernel/cursor.json'), 'utf8').catch(() => ''),
  }
}

const SOON = { timeout: 5_000, interval: 50 }

describe.runIf(canRun())('on the kernel log of this machine', () => {
  it('tells lines at once on a disk that answers nothing from the start on, and goes on at the cursor once it does', async () => {
    const node = await machine()
    const first = await node.start()
    node.mark('one')
    await expect.poll(() => first.ids('one'), SOON).toHaveLength(1)
    await expect.poll(node.cursor, SOON).not.toBe('')
    const cursor = await node.cursor()
    const [id] = first.ids('one')
    await first.end()
    node.mark('two')

    await node.freeze('-f')
    const second = await node.start()
    await expect.poll(() => second.ids('two'), SOON).toHaveLength(1)
    node.mark('three')
    await expect.poll(() => second.ids('three'), SOON).toHaveLength(1)

    await node.freeze('-u')
    node.mark('four')
    await expect.poll(() => second.ids('four').length, SOON).toBeGreaterThan(0)
    await expect.poll(node.cursor, { timeout: 10_000 }).not.toBe(cursor)
    // Told again it is the same event.
    expect(second.ids('one').every((again) => again === id)).toBe(true)
    for (const mark of ['two', 'three', 'four']) expect(new Set(second.ids(mark)).size).toBe(1)
  }, 40_000)
})
