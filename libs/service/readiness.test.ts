import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeClock, fakeClock } from '../clock/testing.ts'
import { createLife } from './life.ts'
import { type ReadinessWatch, watchReadiness } from './readiness.ts'
import { keepLog } from './testing.ts'

let ready = false
let looks = 0
let told: boolean[] = []
let clock: FakeClock
let watch: ReadinessWatch

/** What is going on ends. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

beforeEach(() => {
  ready = false
  looks = 0
  told = []
  clock = fakeClock()
  const { log } = keepLog('part')
  const life = createLife('part', log)
  life.enter('starting')
  life.enter('running')
  const readiness = () => {
    looks++
    return { ready, reason: '' }
  }
  watch = watchReadiness({ service: { readiness }, life, clock, log, onChange: (serving) => told.push(serving) })
})
afterEach(() => watch.end())

describe('readiness', () => {
  it('that a service says to have changed is looked at once, after what it is about, and no time has to pass', async () => {
    watch.changed()
    watch.changed()
    ready = true
    await turn()
    expect([looks, told]).toEqual([1, [true]])
    watch.changed()
    ready = false
    await turn()
    expect([looks, told]).toEqual([2, [true, false]])
  })

  it('of which nobody speaks is looked at every five seconds, whatever it was', async () => {
    await clock.advance(60_000)
    expect([looks, told]).toEqual([12, []])
    ready = true
    await clock.advance(5000)
    expect(told).toEqual([true])
    ready = false
    await clock.advance(5000)
    expect(told).toEqual([true, false])
  })

  it('that somebody asks about is that of now, and is told', () => {
    ready = true
    expect(watch.serving()).toBe(true)
    expect(told).toEqual([true])
    ready = false
    expect(watch.serving()).toBe(false)
    expect(told).toEqual([true, false])
  })

  it('is not looked at any more when its watch has ended', async () => {
    watch.changed()
    watch.end()
    watch.changed()
    await clock.advance(60_000)
    expect([looks, clock.sleeping]).toEqual([0, 0])
  })
})
