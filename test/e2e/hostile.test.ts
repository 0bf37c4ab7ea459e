import { describe, expect, it } from 'vitest'
import type { EventView } from '#view'
import { until } from './constellation.ts'
import { hostileScene } from './hostile-scene.ts'

const scene = hostileScene()

describe('a monitor that behaves badly', () => {
  it('joins by its socket appearing, and is shown like ours', async () => {
    const name = scene.begin('honest')
    await until('it is alive', async () => (await scene.monitor(name))?.health === 'alive')
    expect(await scene.monitor(name)).toMatchObject({
      protocol: 'nodedoctor.v1',
      origin: 'discovered',
      version: '1.0.0',
    })
    // Its life is told by one message, and what it found by another.
    await until('its condition is told', async () => (await scene.ownConditions(name)).length > 0)
    expect(await scene.ownConditions(name)).toMatchObject([{ type: 'Hostile-honest', health: 'healthy' }])
  })

  it('that hangs is lost within two heartbeats, and its conditions are unknown', async () => {
    const name = scene.begin('hang')
    await until('it was heard', async () => (await scene.monitor(name))?.health === 'alive')
    await until('it is lost', async () => (await scene.monitor(name))?.health === 'unreachable', 25_000)
    expect(await scene.ownConditions(name)).toMatchObject([{ health: 'unknown', reason: 'MonitorUnreachable' }])
    expect((await scene.c.problem('MonitorUnreachable', `monitor:${name}`))?.severity).toBe('error')
    await scene.othersGoOn()
  }, 40_000)

  it('that lives in 1970 and 2100 has its times replaced, and that is told', async () => {
    const name = scene.begin('times')
    const events = await until('both events are there', async () => {
      const all = (await scene.c.json<{ events: EventView[] }>('/events')).events.filter(
        (event) => event.monitor === name,
      )
      return all.length >= 2 && all
    })
    for (const event of events) expect(Math.abs(Date.now() - Date.parse(event.firstSeen))).toBeLessThan(60_000)
    const [condition] = await scene.ownConditions(name)
    expect(new Date(condition?.since ?? '').getUTCFullYear()).toBe(new Date().getUTCFullYear())
    await until('it misbehaves', () => scene.c.problem('MonitorMisbehaves', `monitor:${name}`))
  })

  it('that speaks of what is not its own is refused, and the owner’s word stands', async () => {
    const name = scene.begin('thief')
    const problem = await until('it misbehaves', () => scene.c.problem('MonitorMisbehaves', `monitor:${name}`))
    expect(problem.message).toBe(`monitor ${name}: condition MemoryLow was refused: it belongs to system`)
    expect(await scene.c.condition('MemoryLow')).toMatchObject({ sources: ['system'], health: 'healthy' })
  })

  it('whose reason is 64 KB of line breaks and control characters forges nothing', async () => {
    scene.begin('reason')
    await until('its problem is there', async () =>
      (await scene.c.status()).problems.some(({ type }) => type === 'Hostile-reason'),
    )
    const text = JSON.stringify(await scene.c.json('/events')) + JSON.stringify(await scene.c.status())
    expect(text).not.toMatch(/[\u0000-\u001f\u202e]|y{5000}/)
    expect((await scene.c.status()).problems.some(({ type }) => type === 'Forged')).toBe(false)
    await scene.othersGoOn()
  })
})
