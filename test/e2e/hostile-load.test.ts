import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { EventView } from '#view'
import { until } from './constellation.ts'
import { hostileScene } from './hostile-scene.ts'

function rssMiB(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kib) / 1024)
}

const scene = hostileScene()

describe('a monitor that sends more than it may', () => {
  it('that floods harms nobody else and loses what says nothing is wrong, visibly', async () => {
    const name = scene.begin('flood')
    await until('it was heard', async () => (await scene.monitor(name))?.health === 'alive')
    await until(
      'what was shed is told',
      async () =>
        (await scene.c.json<{ events: EventView[] }>('/events')).events.some(
          ({ reason, entity }) => reason === 'ReportsShed' && entity === `monitor:${name}`,
        ),
      90_000,
    )
    await scene.othersGoOn()
  }, 120_000)

  it('that sends 5 MB at once is cut off and said to be', async () => {
    const name = scene.begin('huge')
    await until(
      'why it was cut off is told',
      async () => /RESOURCE_EXHAUSTED|larger than max/i.test((await scene.monitor(name))?.lastError ?? ''),
      90_000,
    )
    await scene.othersGoOn()
  }, 120_000)

  it.each([
    [
      'reports',
      'empty',
      'Watch failed: INTERNAL: Response message parsing error: the message has more than 17312 conditions, events, samples and runs',
    ],
    [
      'declares',
      'declares',
      'Describe failed: INTERNAL: Response message parsing error: the message has more than 262144 tags, lengths and small numbers',
    ],
  ])(
    'that %s half a million empty conditions is cut off and said to be, and the detector lives',
    async (_does, behaviour, why) => {
      const starts = scene.c.starts('detector')
      const name = scene.begin(behaviour)
      await until(
        'why it was cut off is told',
        async () => (await scene.monitor(name))?.lastError.includes(why),
        90_000,
      )
      await scene.othersGoOn()
      expect(scene.c.starts('detector')).toBe(starts)
    },
    120_000,
  )

  it('that is at every limit at once leaves others their turn, and is told each limit', async () => {
    const before = rssMiB(scene.c.pid('detector'))
    const name = scene.begin('everything')
    await until('its reports are taken', async () => (await scene.monitor(name))?.health === 'alive', 60_000)
    await until(
      'it misbehaves, and is not cut off',
      async () => (await scene.c.problem('MonitorMisbehaves', `monitor:${name}`))?.message.includes(' in one report, '),
      60_000,
    )
    const system = (await scene.monitor('system'))?.checks[0]?.last ?? ''
    await until(
      'ours ran four more times',
      async () => {
        const last = (await scene.monitor('system'))?.checks[0]?.last ?? ''
        return Date.parse(last) - Date.parse(system) >= 4000
      },
      60_000,
    )
    await scene.othersGoOn()
    const grown = rssMiB(scene.c.pid('detector')) - before
    process.stdout.write(`the detector grew by ${grown} MiB beside a plug-in at every limit\n`)
    expect(grown).toBeLessThan(50)
  }, 240_000)
})
