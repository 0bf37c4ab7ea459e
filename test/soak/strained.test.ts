/** A monitor under a real processor limit. libs/monitor-kit/strain.test.ts has the rule by a clock of its own. */
import { afterEach, describe, expect, it } from 'vitest'
import type { EventView } from '#view'
import { memoryCheck, quickCheck, withChecks } from '../e2e/checks.ts'
import { startConstellation, until } from '../e2e/constellation.ts'
import { cpuHierarchy, createCpuLimit } from '../e2e/cpu-limit.ts'

const finished: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
}, 60_000)

describe.skipIf(cpuHierarchy() === undefined)('a monitor that may use a hundredth of a processor', () => {
  it('looks less often, says why, stays alive, and comes back by itself when it may use more', async () => {
    const c = await startConstellation({
      config: withChecks(memoryCheck(), quickCheck('load', 'system-cpu'), quickCheck('clock', 'system-clock')),
    })
    finished.push(() => c.stop())
    await c.ready()
    await until('memory is known', () => c.condition('MemoryLow'))
    const limit = await createCpuLimit(`node-doctor-strained-${process.pid}`)
    finished.push(() => limit.remove())
    const told = async (reason: string) =>
      (await c.json<{ events: EventView[] }>('/events')).events.filter((event) => event.reason === reason)

    await limit.set(0.01)
    await limit.hold(c.pid('system'))
    const [stretched] = await until(
      'it says so',
      async () => {
        const events = await told('IntervalsStretched')
        return events.length > 0 && events
      },
      180_000,
    )
    expect(stretched?.message).toMatch(
      /^monitor system is short of what it needs \((held back by its processor limit for \d+ % of the time|a turn of its checks came [\d.]+ s late: no processor was free for it)\); its checks run at [248] times their intervals$/,
    )
    await until('it is a problem', () => c.problem('IntervalsStretched', 'monitor:system'))
    expect((await c.condition('MonitorUnreachable', 'monitor:system'))?.health).not.toBe('problem')

    await limit.set(1)
    await until('it is at its own intervals again', async () => (await told('IntervalsRestored')).length > 0, 300_000)
    expect(c.starts('system')).toBe(1)
  }, 600_000)
})
