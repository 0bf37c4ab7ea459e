import { describe, expect, it } from 'vitest'
import { createAwaited } from './awaited.ts'

const SERVICES = ['http-exporter', 'k8s-exporter']
const MINUTE = 60_000

function standing(takenUpTo: Readonly<Record<string, number>>, firstSequence = 1) {
  return {
    firstSequence,
    lastSequence: 100,
    readers: SERVICES.map((service) => ({ service, takenUpTo: takenUpTo[service] ?? 0 })),
  }
}

const LAGS = standing({ 'http-exporter': 90, 'k8s-exporter': 10 })

/** Looks at the one that is there every ten seconds. */
function lookOn(awaited: ReturnType<typeof createAwaited>, fromMs: number, toMs: number): void {
  for (let ms = fromMs; ms <= toMs; ms += 10_000) awaited.saw(new Set(['http-exporter']), SERVICES, ms)
}

describe('room in a stream', () => {
  it('is kept for the slowest of its readers, and not for what fell out of it', () => {
    const awaited = createAwaited()
    awaited.saw(new Set(SERVICES), SERVICES, 0)
    expect(awaited.takenUpTo('EVENTS', LAGS)).toBe(10)
    expect(awaited.takenUpTo('EVENTS', standing({ 'http-exporter': 90, 'k8s-exporter': 10 }, 41))).toBe(40)
    expect(awaited.takenUpTo('EVENTS', standing({ 'http-exporter': 100, 'k8s-exporter': 100 }))).toBe(100)
  })

  it('is kept for one that is away for less than ten minutes, and again from when it moves', () => {
    const awaited = createAwaited()
    lookOn(awaited, 0, 10 * MINUTE - 10_000)
    expect(awaited.takenUpTo('EVENTS', LAGS)).toBe(10)
    lookOn(awaited, 10 * MINUTE, 10 * MINUTE)
    expect(awaited.takenUpTo('EVENTS', LAGS)).toBe(90)
    expect(awaited.takenUpTo('EVENTS', standing({ 'http-exporter': 90, 'k8s-exporter': 11 }))).toBe(11)
  })

  it('is not kept for one that is switched off, unless it reads all the same', () => {
    const awaited = createAwaited(['k8s-exporter'])
    awaited.saw(new Set(['http-exporter']), SERVICES, 0)
    expect(awaited.takenUpTo('EVENTS', LAGS)).toBe(90)
    expect(awaited.takenUpTo('EVENTS', standing({ 'http-exporter': 90, 'k8s-exporter': 11 }))).toBe(11)
  })

  it('is kept for one that nobody looked for in a while, though it is away both times', () => {
    const awaited = createAwaited()
    lookOn(awaited, 0, MINUTE)
    lookOn(awaited, 30 * MINUTE, 31 * MINUTE)
    expect(awaited.takenUpTo('EVENTS', LAGS)).toBe(10)
  })

  it('is kept for one that came back', () => {
    const awaited = createAwaited()
    lookOn(awaited, 0, 20 * MINUTE)
    expect(awaited.takenUpTo('EVENTS', LAGS)).toBe(90)
    awaited.saw(new Set(SERVICES), SERVICES, 21 * MINUTE)
    expect(awaited.takenUpTo('EVENTS', LAGS)).toBe(10)
  })

  it('who is not waited for is not waited for in the other stream either, which is at another place', () => {
    const awaited = createAwaited()
    for (let ms = 0; ms <= 600_000; ms += 10_000)
      awaited.saw(new Set(['http-exporter']), ['http-exporter', 'k8s-exporter'], ms)
    for (let i = 0; i < 3; i++) {
      expect(awaited.takenUpTo('EVENTS', LAGS)).toBe(90)
      expect(awaited.takenUpTo('EVENTS_INFO', standing({ 'http-exporter': 70, 'k8s-exporter': 5 }))).toBe(70)
    }
  })
})
