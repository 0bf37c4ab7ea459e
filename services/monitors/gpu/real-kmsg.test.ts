import { writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { defineMonitor } from '#monitor-kit'
import type { Report } from '#proto/nodedoctor/v1/types.ts'
import { closeStage, host, openStage, watchMonitor } from '../../../libs/monitor-kit/testing/stage.ts'
import { gpuKernelLog } from './checks/gpu-kernel-log/check.ts'
import { xid } from './kernel/testing-lines.ts'
import { createGpuShared } from './shared.ts'

function isWritable(): boolean {
  try {
    writeFileSync('/dev/kmsg', '<7>node-doctor: a test of the GPU monitor begins\n')
    return true
  } catch {
    return false
  }
}

const stages: Awaited<ReturnType<typeof openStage>>[] = []
afterEach(async () => {
  for (const stage of stages.splice(0)) await closeStage(stage)
})

/** A place that no machine has, another one in each run: what earlier runs wrote stands in the log. */
function ownPlace(): string {
  const hex = (value: number) => value.toString(16).padStart(2, '0')
  return `fffe:${hex(process.pid % 256)}:${hex(Date.now() % 256)}`
}

const write = (text: string) => writeFileSync('/dev/kmsg', `<7>${text}\n`)

describe.runIf(isWritable())('on the kernel log of this machine', () => {
  it('tells each XID of a flood once, and the same ones after a kill', async () => {
    const stage = await openStage()
    stages.push(stage)
    const place = ownPlace()
    const monitor = defineMonitor({
      name: 'tiny',
      description: 'GPUs',
      checks: [gpuKernelLog],
      shared: createGpuShared,
    })
    const config = { modes: {}, xid: {}, sxid: {}, acceptUserRecords: true }
    const entries = [{ name: 'kernel', type: 'gpu-kernel-log', config }]
    const first = await host(stage, monitor, entries)

    /** Reports, up to one that says it. @param isAcked whether the detector has what they say */
    async function until(watcher: ReturnType<typeof watchMonitor>, is: (report: Report) => boolean, isAcked = true) {
      const reasons: string[] = []
      for (;;) {
        const report = await watcher.report()
        if (isAcked) watcher.ack(report)
        reasons.push(...report.events.filter(({ entity }) => entity === `gpu:${place}`).map(({ reason }) => reason))
        if (is(report)) return reasons
      }
    }
    const says = (reason: string) => (report: Report) =>
      report.events.some((event) => event.reason === reason && event.entity === `gpu:${place}`)

    const watcher = watchMonitor(stage, first.client)
    write(xid(31, { place }))
    await until(watcher, says('GPUXid31'))
    const codes = [48, 62, 95, 109, 119]
    for (let line = 0; line < 400; line++) {
      write(`driver ${line} says that all is well `.padEnd(90, '.'))
      if (line % 80 === 40) write(xid(codes[(line - 40) / 80] as number, { place }))
    }
    const reasons = await until(watcher, says('GPUXid119'), false)
    expect(reasons).toEqual(codes.map((code) => `GPUXid${code}`))
    await watcher.leave()
    first.stop.abort()
    await first.ended

    // What was not acknowledged is told once more.
    const second = await host(stage, monitor, entries)
    const again = await until(watchMonitor(stage, second.client), says('GPUXid119'))
    expect(again.filter((reason) => reason !== 'GPUXid31')).toEqual(codes.map((code) => `GPUXid${code}`))
  }, 30_000)
})
