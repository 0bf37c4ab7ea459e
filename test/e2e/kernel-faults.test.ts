import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Constellation, readStream, type StreamReader, startConstellation, until } from './constellation.ts'
import { breakExt4, hangTask, killByMemory, WHY_NO_EXT4, WHY_NO_HUNG, WHY_NO_OOM } from './kernel-faults.ts'
import { CAN_WRITE_KMSG } from './log-scene.ts'

const RULES = [
  {
    type: 'temporary',
    reason: 'OOMKilling',
    pattern: 'Killed process \\d+ (.+) total-vm:\\d+kB, anon-rss:\\d+kB, file-rss:\\d+kB.*',
  },
  { type: 'temporary', reason: 'TaskHung', pattern: 'task [\\S ]+:\\w+ blocked for more than \\w+ seconds\\.' },
  { type: 'temporary', reason: 'Ext4Error', pattern: 'EXT4-fs error .*' },
  {
    type: 'permanent',
    condition: 'ReadonlyFilesystem',
    reason: 'FilesystemIsReadOnly',
    pattern: 'Remounting filesystem read-only',
  },
]
/** Rules of node-problem-detector's own files. */
const FILE = {
  ...{ plugin: 'kmsg', lookback: '0', bufferSize: 10, source: 'kernel-monitor', metricsReporting: true },
  conditions: [
    { type: 'ReadonlyFilesystem', reason: 'FilesystemIsNotReadOnly', message: 'Filesystem is not read-only' },
  ],
  rules: RULES,
}

describe.skipIf(!CAN_WRITE_KMSG)(
  'what the kernel itself says is told by the packs and by files of node-problem-detector:',
  () => {
    let dir: string
    let c: Constellation
    let stream: StreamReader

    /** Of each reason the texts of events. */
    const texts = (reason: string) =>
      stream.messages.flatMap(({ message }) =>
        message.kind === 'change'
          ? message.events.filter((event) => event.reason === reason).map((event) => event.message)
          : [],
      )
    const toldOf = (reason: string, part: string) =>
      until(`${reason} with ${part} is told`, () => texts(reason).find((text) => text.includes(part)), 10_000)
    async function untilHealth(type: string, entity: string, health: string) {
      return until(
        `${type} of ${entity} is ${health}`,
        async () => {
          const condition = await c.condition(type, entity)
          return condition?.health === health ? condition : undefined
        },
        10_000,
      )
    }

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'nd-kernel-'))
      const file = join(dir, 'kernel-monitor.json')
      await writeFile(file, JSON.stringify(FILE))
      c = await startConstellation({
        services: ['detector', 'log', 'http-exporter'],
        config: { monitors: [{ name: 'kernel', type: 'log-kernel' }], npd: { systemLogMonitors: [file] } },
      })
      await c.ready()
      stream = readStream(c.url)
      await untilHealth('ReadonlyFilesystem', '', 'healthy')
    }, 60_000)
    afterAll(async () => {
      stream?.close()
      await c?.stop()
      await rm(dir, { recursive: true, force: true })
    }, 60_000)

    it.skipIf(WHY_NO_OOM !== '')(
      'a process that is killed at the memory limit of its cgroup',
      async () => {
        const pid = await killByMemory()
        expect(await toldOf('CgroupOOMKill', `(process ${pid})`)).toContain('tail')
        expect(await toldOf('OOMKilling', `Killed process ${pid} (tail)`)).toMatch(
          /^Memory cgroup out of memory: .*total-vm/,
        )
      },
      60_000,
    )

    it.skipIf(WHY_NO_EXT4 !== '')(
      'an error of ext4, until the disk takes writes again',
      async () => {
        const { device, mend } = await breakExt4(dir)
        const forced = await untilHealth('FilesystemForcedReadOnly', `disk:${device}`, 'problem')
        expect(forced.severity).toBe('critical')
        expect(await untilHealth('FilesystemDamaged', `disk:${device}`, 'problem')).toMatchObject({
          reason: 'Ext4Corrupted',
        })
        await toldOf('Ext4Error', `(device ${device})`)
        expect(await untilHealth('ReadonlyFilesystem', '', 'problem')).toMatchObject({ reason: 'FilesystemIsReadOnly' })
        await mend()
        await untilHealth('FilesystemForcedReadOnly', `disk:${device}`, 'healthy')
        // Nothing but a person or a reboot ends what a file of node-problem-detector says.
        expect((await c.condition('ReadonlyFilesystem'))?.health).toBe('problem')
      },
      60_000,
    )

    it.skipIf(WHY_NO_HUNG !== '')(
      'a task that hangs',
      async () => {
        const folder = await mkdtemp(join(dir, 'hung-'))
        const pid = await hangTask(folder, async (hung) =>
          texts('TaskHung').some((text) => text.includes(`task dd:${hung} `)),
        )
        expect(pid).toBeGreaterThan(0)
        expect(await untilHealth('TaskHungInKernel', 'process:dd', 'problem')).toMatchObject({ reason: 'TaskBlocked' })
      },
      60_000,
    )
  },
)
