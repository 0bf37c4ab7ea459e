/** The monitor of a machine whose state disk answers nothing from its start on, until it is thawed. */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { createMonitorService } from '#monitor-kit'
import type { Report } from '#proto/nodedoctor/v1/types.ts'
import { connectUnix } from '#rpc'
import { closedDoor, createHostedService, systemClock } from '#service'
import { recordKernelLog } from '../../../libs/host/logs/testing-recorded.ts'
import { mountLoop, run, whyNoMounts } from '../../../libs/host/testing.ts'
import { configOf, watchMonitor } from '../../../libs/monitor-kit/testing/stage.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import { schema as healthSchema } from './checks/gpu-health-check/config.ts'
import { schema as logSchema } from './checks/gpu-kernel-log/config.ts'
import { xid } from './kernel/testing-lines.ts'
import { gpu } from './monitor.ts'

const MACHINE = join(import.meta.dirname, '../../../test/fakes/nvidia-smi/machine.sh')

/** Threads of this process that stand in the kernel. */
function stuckThreads(): number {
  const states = readdirSync('/proc/self/task').map((id) => readFileSync(`/proc/self/task/${id}/stat`, 'utf8'))
  return states.filter((stat) => stat.split(') ').at(-1)?.startsWith('D')).length
}

/** A machine with an H200, whose pids are those of this process, and its monitor's disk. */
async function machine() {
  const folder = await mkdtemp(join(tmpdir(), 'nd-frozen-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await run('sh', MACHINE, folder, 'h200')
  const root = join(folder, 'root')
  const log = await recordKernelLog(root)
  const own = join(root, 'proc', String(process.pid))
  await mkdir(own, { recursive: true })
  await writeFile(join(own, 'stat'), await readFile('/proc/self/stat'))
  const [place = ''] = readdirSync(join(root, 'sys/bus/pci/devices'))
  const disk = await mountLoop(folder, 16, ['mkfs.ext4', '-q', '-F'])
  onTestFinished(() => disk[Symbol.asyncDispose]())
  const freeze = (how: '-f' | '-u') => run('fsfreeze', how, disk.path)
  onTestFinished(() => freeze('-u').then(ignore, ignore))
  const clock = systemClock()

  /** A process of its monitor, and what a detector hears of it and acknowledges. */
  async function start() {
    const monitor = { monitor: 'gpu', intervalMs: 2_000, timeoutMs: 10_000 }
    const health = healthSchema.parse({ nvidiaSmi: join(folder, 'smi/nvidia-smi') })
    const config = configOf(folder, [
      { ...monitor, type: 'gpu-health-check', config: health },
      { ...monitor, type: 'gpu-kernel-log', config: logSchema.parse({}) },
    ])
    const stop = new AbortController()
    const ended = createHostedService(createMonitorService(gpu), {
      version: '1.2.3',
      config: { ...config, settings: { ...config.settings, stateDir: disk.path } },
      host: createHost({ root }),
      clock,
      log: keepLog('gpu').log,
      alone: true,
      bus: closedDoor,
    }).run(stop.signal)
    const socket = join(folder, 'monitors/gpu/gpu.sock')
    const client = connectUnix(socket)
    const ends: (() => Promise<unknown>)[] = []
    async function end(): Promise<void> {
      for (const one of ends.splice(0)) await one()
      stop.abort()
      client.close()
      await ended
    }
    onTestFinished(end)
    await client.connected(AbortSignal.timeout(10_000))
    const reports: Report[] = []
    const watcher = watchMonitor({ runDir: folder, socket, ends }, client)
    void (async () => {
      for (;;) {
        const report = await watcher.report()
        reports.push(report)
        watcher.ack(report)
      }
    })().catch(ignore)
    const events = () => reports.flatMap((report) => report.events)
    return {
      end,
      /** Ids of the events of an XID, in the order in which they were told. */
      ids: (code: number) => events().flatMap(({ reason, id }) => (reason === `GPUXid${code}` ? [id] : [])),
      /** What was said last of XIDs. */
      word: () =>
        reports.flatMap(({ observations }) => observations).findLast(({ type }) => type === 'GPUXidError')?.message ??
        '',
    }
  }
  return {
    freeze,
    start,
    say: (code: number) =>
      log.say({ atMs: clock.monotonicMs(), text: xid(code, { place: place.replace(/\.0$/, '') }) }),
    kept: (name: string) => readFile(join(disk.path, 'monitors/gpu/gpu-kernel-log', name), 'utf8').catch(() => ''),
    asked: async () => (await readFile(join(folder, 'smi/asked'), 'utf8').catch(() => '')).split('\n').length,
  }
}

function ignore(): void {}

const SOON = { timeout: 5_000, interval: 50 }

test.skipIf(whyNoMounts() !== '')(
  'on a disk that answers nothing from the start on XIDs are told at once and GPUs probed, and what was kept there is joined later',
  async () => {
    const node = await machine()
    const first = await node.start()
    await node.say(95)
    await expect.poll(() => node.kept('kernel-log.json'), SOON).toContain('GPUXid95')
    await expect.poll(() => node.kept('cursor.json'), SOON).not.toBe('')
    const [id] = first.ids(95)
    expect(id).toMatch(/^key:/)
    const cursor = await node.kept('cursor.json')
    await first.end()
    await node.say(48)

    await node.freeze('-f')
    const second = await node.start()
    await expect.poll(() => second.ids(48), SOON).toHaveLength(1)
    await node.say(119)
    await expect.poll(() => second.ids(119), SOON).toHaveLength(1)
    const askedBefore = await node.asked()
    await expect.poll(node.asked, SOON).toBeGreaterThan(askedBefore + 1)
    expect(stuckThreads()).toBe(1)

    await node.freeze('-u')
    await expect.poll(() => node.kept('kernel-log.json'), SOON).toContain('GPUXid119')
    await expect.poll(() => node.kept('cursor.json'), { timeout: 10_000 }).not.toBe(cursor)
    expect(await node.kept('kernel-log.json')).toMatch(/GPUXid95/)
    expect(second.word()).toMatch(/XID 95/)
    // Told again it is the same event.
    for (const code of [48, 119]) expect(new Set(second.ids(code)).size).toBe(1)
    expect(second.ids(95).every((again) => again === id)).toBe(true)
    expect(stuckThreads()).toBe(0)
  },
  40_000,
)
