import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLife } from './life.ts'
import { type ReadinessWatch, watchReadiness } from './readiness.ts'
import { keepLog } from './testing.ts'

let ready = false
let looks = 0
let told: boolean[] = []
let watch: ReadinessWatch

beforeEach(() => {
  vi.useFakeTimers()
  ready = false
  looks = 0
  told = []
  const { log } = keepLog('part')
  const life = createLife('part', log)
  life.enter('starting')
  life.enter('running')
  const readiness = () => {
    looks++
    return { ready, reason: '' }
  }
  watch = watchReadiness({ readiness }, life, log, (serving) => told.push(serving))
})
afterEach(() => {
  watch.end()
  vi.useRealTimers()
})

describe('readiness', () => {
  it('that comes is seen in a quarter of a second', () => {
    vi.advanceTimersByTime(10_000)
    expect(told).toEqual([])
    ready = true
    vi.advanceTimersByTime(250)
    expect(told).toEqual([true])
  })

  it('that stands is looked at every five seconds, and so is seen when it goes', () => {
    ready = true
    vi.advanceTimersByTime(250)
    looks = 0
    vi.advanceTimersByTime(60_000)
    expect(looks).toBe(12)
    ready = false
    vi.advanceTimersByTime(5000)
    expect(told).toEqual([true, false])
    ready = true
    vi.advanceTimersByTime(250)
    expect(told).toEqual([true, false, true])
  })

  it('that a service says to have changed is looked at once, after what it is about', () => {
    ready = true
    vi.advanceTimersByTime(250)
    watch.changed()
    watch.changed()
    ready = false
    looks = 0
    vi.advanceTimersByTime(1)
    expect([looks, told]).toEqual([1, [true, false]])
    ready = true
    vi.advanceTimersByTime(250)
    expect(told).toEqual([true, false, true])
  })

  it('that somebody asks about is that of now, and is told', () => {
    ready = true
    expect(watch.serving()).toBe(true)
    expect(told).toEqual([true])
    ready = false
    expect(watch.serving()).toBe(false)
    ready = true
    vi.advanceTimersByTime(250)
    expect(told).toEqual([true, false, true])
  })

  it('is not looked at any more when its watch has ended', () => {
    watch.changed()
    watch.end()
    watch.changed()
    vi.advanceTimersByTime(60_000)
    expect(looks).toBe(0)
  })
})
