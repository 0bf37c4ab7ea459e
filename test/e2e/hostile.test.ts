import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { EventView, MonitorView } from '#view'
import { memoryCheck, withChecks } from './checks.ts'
import { type Constellation, startConstellation, until } from './constellation.ts'

function rssMiB(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kib) / 1024)
}

const SCRIPT = new URL('./hostile-monitor.ts', import.meta.url).pathname

describe('a monitor that behaves badly', () => {
  let c: Constellation
  const children: ChildProcess[] = []

  beforeAll(async () => {
    c = await startConstellation({
      config: withChecks(memoryCheck()),
    })
    await c.ready()
  }, 60_000)
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  afterAll(async () => c?.stop(), 60_000)

  function begin(behaviour: string): string {
    const name = `bad-${behaviour}`
    children.push(
      spawn(process.execPath, [SCRIPT, join(c.runDir, 'monitors', `${name}.sock`), behaviour], { stdio: 'inherit' }),
    )
    return name
  }
  async function monitor(name: string): Promise<MonitorView | undefined> {
    return (await c.status()).monitors.find((view) => view.name === name)
  }
  async function ownConditions(name: string) {
    return (await c.status()).conditions.filter(({ sources }) => sources.includes(name))
  }
  /** Whatever one does, ours goes on: its memory check is never older than its interval and a little. */
  async function othersGoOn(): Promise<void> {
    const system = await monitor('system')
    expect(system?.health).toBe('alive')
    const [run] = system?.checks ?? []
    expect(Date.now() - Date.parse(run?.last ?? '')).toBeLessThan(4000)
  }

  it('joins by its socket appearing, and is shown like ours', async () => {
    const name = begin('honest')
    await until('it is alive', async () => (await monitor(name))?.health === 'alive')
    expect(await monitor(name)).toMatchObject({ protocol: 'nodedoctor.v1', origin: 'discovered', version: '1.0.0' })
    expect(await ownConditions(name)).toMatchObject([{ type: 'Hostile-honest', health: 'healthy' }])
  })

  it('that hangs is lost within two heartbeats, and its conditions are unknown', async () => {
    const name = begin('hang')
    await until('it was heard', async () => (await monitor(name))?.health === 'alive')
    await until('it is lost', async () => (await monitor(name))?.health === 'unreachable', 25_000)
    expect(await ownConditions(name)).toMatchObject([{ health: 'unknown', reason: 'MonitorUnreachable' }])
    expect((await c.problem('MonitorUnreachable', `monitor:${name}`))?.severity).toBe('error')
    await othersGoOn()
  }, 40_000)

  it('that floods harms nobody else and loses what says nothing is wrong, visibly', async () => {
    const name = begin('flood')
    await until('it was heard', async () => (await monitor(name))?.health === 'alive')
    await until(
      'what was shed is told',
      async () =>
        (await c.json<{ events: EventView[] }>('/events')).events.some(
          ({ reason, entity }) => reason === 'ReportsShed' && entity === `monitor:${name}`,
        ),
      30_000,
    )
    await othersGoOn()
  }, 40_000)

  it('that sends 5 MB at once is cut off and said to be', async () => {
    const name = begin('huge')
    await until(
      'why it was cut off is told',
      async () => /RESOURCE_EXHAUSTED|larger than max/i.test((await monitor(name))?.lastError ?? ''),
      30_000,
    )
    await othersGoOn()
  }, 40_000)

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
      const starts = c.starts('detector')
      const name = begin(behaviour)
      await until('why it was cut off is told', async () => (await monitor(name))?.lastError.includes(why), 30_000)
      await othersGoOn()
      expect(c.starts('detector')).toBe(starts)
    },
    40_000,
  )

  it('that lives in 1970 and 2100 has its times replaced, and that is told', async () => {
    const name = begin('times')
    const events = await until('both events are there', async () => {
      const all = (await c.json<{ events: EventView[] }>('/events')).events.filter((event) => event.monitor === name)
      return all.length >= 2 && all
    })
    for (const event of events) expect(Math.abs(Date.now() - Date.parse(event.firstSeen))).toBeLessThan(60_000)
    const [condition] = await ownConditions(name)
    expect(new Date(condition?.since ?? '').getUTCFullYear()).toBe(new Date().getUTCFullYear())
    await until('it misbehaves', () => c.problem('MonitorMisbehaves', `monitor:${name}`))
  })

  it('that speaks of what is not its own is refused, and the owner’s word stands', async () => {
    const name = begin('thief')
    const problem = await until('it misbehaves', () => c.problem('MonitorMisbehaves', `monitor:${name}`))
    expect(problem.message).toBe(`monitor ${name}: condition MemoryLow was refused: it belongs to system`)
    expect(await c.condition('MemoryLow')).toMatchObject({ sources: ['system'], health: 'healthy' })
  })

  it('whose reason is 64 KB of line breaks and control characters forges nothing', async () => {
    begin('reason')
    await until('its problem is there', async () =>
      (await c.status()).problems.some(({ type }) => type === 'Hostile-reason'),
    )
    const text = JSON.stringify(await c.json('/events')) + JSON.stringify(await c.status())
    expect(text).not.toMatch(/[\u0000-\u001f\u202e]|y{5000}/)
    expect((await c.status()).problems.some(({ type }) => type === 'Forged')).toBe(false)
    await othersGoOn()
  })

  it('that is at every limit at once leaves others their turn, and is told each limit', async () => {
    const before = rssMiB(c.pid('detector'))
    const name = begin('everything')
    await until('its reports are taken', async () => (await monitor(name))?.health === 'alive')
    await until('it misbehaves, and is not cut off', async () =>
      (await c.problem('MonitorMisbehaves', `monitor:${name}`))?.message.includes(' in one report, '),
    )
    const system = (await monitor('system'))?.checks[0]?.last ?? ''
    await until('ours ran four more times', async () => {
      const last = (await monitor('system'))?.checks[0]?.last ?? ''
      return Date.parse(last) - Date.parse(system) >= 4000
    })
    await othersGoOn()
    const grown = rssMiB(c.pid('detector')) - before
    process.stdout.write(`the detector grew by ${grown} MiB beside a plug-in at every limit\n`)
    expect(grown).toBeLessThan(50)
  }, 60_000)
})
