import { describe, expect, it } from 'vitest'
import { Severity } from '#proto/nodedoctor/v1/types.ts'
import { acknowledgedBy, alive, critical, FLOOD, flood, floodScene, reasonsOf } from './testing-flood.ts'

const scene = floodScene()

describe('a plug-in whose warnings would fill the stream', () => {
  it('pushes nothing of another monitor out, and what is over its part is counted and told', async () => {
    const running = await scene.begin()
    const [noisy, gpu] = await Promise.all([scene.startPlugIn('noisy'), scene.startPlugIn('vendor')])
    await alive(running, ['noisy', 'vendor'])
    critical(gpu, 'First')
    await acknowledgedBy(gpu)
    flood(noisy, 'Warn')
    critical(noisy, 'OwnCritical')
    critical(gpu, 'Second')
    await acknowledgedBy(noisy, gpu)
    critical(gpu, 'Third')
    const { events, missed } = await scene.readTill('Third')
    expect(missed).toBe(0)
    expect(reasonsOf(events, 'vendor')).toEqual(['First', 'Second', 'Third'])
    const ofNoisy = reasonsOf(events, 'noisy')
    expect(ofNoisy).toContain('OwnCritical')
    const told = ofNoisy.length - 1
    expect(told).toBeGreaterThan(100)
    // Each of them is on the bus: by itself, or in the count beside the words that say why not.
    const state = (await running.node()).monitors.find(({ name }) => name === 'noisy')
    expect(state?.lastViolations.find(({ text }) => text.startsWith('events of severity warning'))).toMatchObject({
      text: 'events of severity warning were counted and not told: those before them, which no exporter has taken yet, fill what one monitor may have of the bus',
      count: FLOOD - told,
    })
    expect(events.find(({ monitor, reason }) => monitor === 'detector' && reason === 'EventsShed')).toMatchObject({
      entity: 'monitor:noisy',
      severity: Severity.WARNING,
    })
  }, 120_000)
})
