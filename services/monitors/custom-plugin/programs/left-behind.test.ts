import { describe, expect, it } from 'vitest'
import type { AbandonedPlugin, PluginResult } from '#host'
import { fakeClock } from '../../../../libs/clock/testing.ts'
import { keepLog } from '../../../../libs/service/testing.ts'
import { createLeftBehinds } from './left-behind.ts'

/** One that is left behind until it is ended, or let go. */
function leftOne(pid: number, why: AbandonedPlugin['why']) {
  const { promise: ended, resolve } = Promise.withResolvers<PluginResult>()
  const life = { isAlive: true }
  function end(): void {
    life.isAlive = false
    resolve({} as PluginResult)
  }
  const program: AbandonedPlugin = {
    pid,
    why,
    ended,
    letGo: end,
    get isAlive() {
      return life.isAlive
    },
  }
  return { program, end }
}

function start() {
  const clock = fakeClock()
  const kept = keepLog('custom-plugin')
  const left = createLeftBehinds<string>({ clock, log: kept.log })
  const said = () => kept.messages()
  return { clock, left, said }
}

describe('what is left behind of plug-ins', () => {
  it('is there until it ends, whatever else of the same plug-in is or was', async () => {
    const { clock, left } = start()
    const [stranger, sleeper] = [leftOne(7, 'stranger'), leftOne(8, 'uninterruptible')]
    left.note('a', '/a.sh', stranger.program)
    clock.pass(3_000)
    left.note('a', '/a.sh', sleeper.program)
    expect([left.isThere('a'), left.isThere('b'), left.count]).toEqual([true, false, 2])
    stranger.end()
    await stranger.program.ended
    expect(left.all()).toEqual([{ path: '/a.sh', why: 'uninterruptible', sinceMs: 0 }])
    sleeper.end()
    expect([left.isThere('a'), left.all(), left.count]).toEqual([false, [], 2])
  })

  it('is read of four strangers of one plug-in, and said of it once', async () => {
    const { left, said } = start()
    const strangers = Array.from({ length: 6 }, (_, pid) => leftOne(pid, 'stranger').program)
    for (const program of strangers) left.note('a', '/a.sh', program)
    left.note('b', '/b.sh', leftOne(9, 'stranger').program)
    expect(strangers.map(({ isAlive }) => isAlive)).toEqual([false, false, true, true, true, true])
    await Promise.all(strangers.slice(0, 2).map(({ ended }) => ended))
    const text = 'what a plug-in started has left its group, holds its output, and is left behind'
    expect(said()).toEqual([text, text])
  })
})
