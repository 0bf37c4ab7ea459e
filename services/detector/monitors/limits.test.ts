import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import type { Report } from '#model'
import { observation, report } from '../../../libs/model/testing.ts'
import type { Place, RefusedSocket } from './discovery.ts'
import { costOf, createIntake } from './intake.ts'
import { pathEntity } from './path-entity.ts'
import { createPresence } from './presence.ts'
import { createRefusals } from './refusals.ts'
import { createRestarts } from './restarts.ts'
import { whyNoRoom } from './room.ts'

const MIB = 1024 * 1024

describe('what is taken of one monitor', () => {
  function bench(perSecond = 10, isPlugIn = true, lookMs = 3000) {
    const told: string[] = []
    const abort = new AbortController()
    const { signal } = abort
    let passedMs = 0
    const real = systemClock()
    const all = createIntake({
      perSecond,
      messageBytes: MIB,
      clock: { ...real, monotonicMs: () => real.monotonicMs() + passedMs },
      isPlugIn: () => isPlugIn,
      lookMs,
      onShed: (total) => told.push(`shed ${total}`),
      onHeldBack: () => told.push('held back'),
    })
    const intake = {
      message: (bytes: number, look?: () => Promise<void>) => all.message(bytes, signal, look),
      heartbeat: () => all.heartbeat(signal),
      report: (one: Report) => all.report(one, signal),
      took: (ms: number) => all.took(ms, signal),
    }
    const pass = (ms: number) => {
      passedMs += ms
    }
    return { intake, told, pass, giveUp: () => abort.abort() }
  }

  it('sheds what says nothing is wrong above its rate, and tells how many', async () => {
    const { intake, told } = bench()
    const taken: boolean[] = []
    for (let i = 0; i < 25; i++) taken.push(await intake.report(report([observation('A', 'healthy')])))
    expect(taken.filter(Boolean).length).toBeLessThan(15)
    expect(told[0]).toBe('shed 1')
  })

  it('drops nothing of what is wrong, and makes its sender wait', async () => {
    const { intake, told } = bench(100)
    const beganMs = performance.now()
    for (let i = 0; i < 230; i++) expect(await intake.report(report([observation('A', 'problem')]))).toBe(true)
    expect(performance.now() - beganMs).toBeGreaterThan(100)
    expect(told).toEqual(['held back'])
  })

  it('makes a plug-in that sends one large message after the other wait, and nobody of ours, nor for small ones', async () => {
    const { intake, told } = bench()
    const beganMs = performance.now()
    for (let i = 0; i < 100; i++) await intake.message(64 * 1024)
    for (let i = 0; i < 2; i++) await intake.message(512 * 1024)
    expect(told).toEqual([])
    await intake.message(64 * 1024 + 1)
    expect(performance.now() - beganMs).toBeGreaterThan(500)
    expect(told).toEqual(['held back'])
    const ours = bench(10, false)
    for (let i = 0; i < 100; i++) await ours.intake.message(1024 * 1024)
    expect(ours.told).toEqual([])
  })

  it('looks whether somebody is there while a large message waits, and ends with what it finds', async () => {
    const { intake } = bench(10, true, 10)
    await intake.message(MIB)
    let looks = 0
    const second = intake.message(MIB, async () => {
      if (++looks === 3) throw new Error('nobody is there')
    })
    await expect(second).rejects.toThrow('nobody is there')
    expect(looks).toBe(3)
  })

  it('lets a large message’s turn end with the session', async () => {
    const { intake, giveUp } = bench(10)
    await intake.message(MIB)
    const second = intake.message(MIB)
    giveUp()
    await expect(second).rejects.toThrow('aborted')
  })

  it('makes who sends heartbeats without end wait', async () => {
    const { intake, told } = bench()
    const beganMs = performance.now()
    for (let i = 0; i < 24; i++) await intake.heartbeat()
    expect(performance.now() - beganMs).toBeGreaterThan(150)
    expect(told).toEqual(['held back'])
  })

  it('makes who holds the event loop for more than its share wait, and nobody whose reports cost little', async () => {
    const { intake, told, pass } = bench(500)
    pass(31_000)
    const beganMs = performance.now()
    for (let i = 0; i < 100; i++) await intake.took(0.5)
    await intake.took(50)
    expect(told).toEqual([])
    await intake.took(15)
    expect(performance.now() - beganMs).toBeGreaterThan(200)
    expect(told).toEqual(['held back'])
  })

  it('blames nobody for what its first reports cost, while the detector itself is still cold', async () => {
    const { intake, told } = bench(500)
    const beganMs = performance.now()
    await intake.took(115)
    expect(performance.now() - beganMs).toBeGreaterThan(200)
    expect(told).toEqual([])
  })

  it('counts a large report as many', () => {
    const observations = Array.from({ length: 640 }, (_, i) => observation(`T${i}`, 'healthy'))
    expect(costOf(report(observations.slice(0, 63)))).toBe(1)
    expect(costOf(report(observations))).toBe(11)
  })
})

describe('a monitor is lost', () => {
  const OPTIONS = { nowMs: 0, silentAfterMs: 10_000, lostAfterMs: 30_000, unheardLostAfterMs: 10_000 }

  it('within two heartbeats when it listens and is silent, and not before a restart’s back-off when it is gone', () => {
    const hung = createPresence(OPTIONS)
    hung.spoke(1000)
    hung.failed(false, 6000)
    expect(hung.isLost(10_999)).toBe(false)
    expect(hung.isLost(11_000)).toBe(true)
    const gone = createPresence(OPTIONS)
    gone.spoke(1000)
    gone.failed(true, 1100)
    expect(gone.isLost(31_000)).toBe(false)
    expect(gone.isLost(31_100)).toBe(true)
  })

  it('never by two restarts in a row, the second after ten seconds, with time to start', () => {
    const presence = createPresence(OPTIONS)
    presence.spoke(0)
    presence.failed(true, 100)
    presence.spoke(2000)
    for (let ms = 4000; ms < 16_000; ms += 1000) {
      presence.failed(true, ms)
      expect(presence.isLost(ms)).toBe(false)
    }
    // It listens and takes its time.
    presence.failed(false, 21_000)
    expect(presence.isLost(22_000)).toBe(false)
    presence.spoke(23_000)
    expect(presence.isLost(24_000)).toBe(false)
  })

  it('also when it comes and goes without a word, and again after each time it spoke', () => {
    const presence = createPresence(OPTIONS)
    presence.spoke(0)
    for (let ms = 1000; ms < 40_000; ms += 1000) presence.failed(ms % 2000 === 0, ms)
    expect(presence.isLost(40_000)).toBe(true)
    presence.spoke(41_000)
    expect(presence.isLost(41_000)).toBe(false)
    presence.failed(false, 46_000)
    expect(presence.isLost(51_000)).toBe(true)
  })

  it('of those that were found and never spoke, as soon as a silent one', () => {
    const presence = createPresence(OPTIONS)
    presence.failed(true, 0)
    expect(presence.isLost(10_000)).toBe(true)
  })

  it('is asked at any time after anything, and says no while it speaks', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('gone', 'silent', 'spoke'), fc.nat(60_000))), (steps) => {
        const presence = createPresence(OPTIONS)
        let ms = 0
        for (const [what, after] of steps) {
          ms += after
          if (what === 'spoke') presence.spoke(ms)
          else presence.failed(what === 'gone', ms)
          if (what === 'spoke') expect(presence.isLost(ms)).toBe(false)
        }
        expect(presence.isLost(ms + 100_000)).toBe(true)
      }),
    )
  })
})

describe('restarts', () => {
  it('are a problem from the third within ten minutes on', () => {
    const restarts = createRestarts()
    expect([0, 100_000, 590_000, 690_000, 2_000_000].map((ms) => restarts.another(ms))).toEqual([
      undefined,
      undefined,
      3,
      3,
      undefined,
    ])
  })
})

describe('room for monitors that nobody configured', () => {
  const place = (dir: string, isOwnFolder: boolean): Place => ({ name: 'x', rank: 0, dir, isOwnFolder })
  it('is bounded for each folder, so that one full of sockets shuts nobody else out', () => {
    const full = Array.from({ length: 32 }, () => place('/a', false))
    expect(whyNoRoom(place('/a', false), full)).toBe(
      '32 plug-ins are known of this folder already, those that went among them; give each a folder of its own',
    )
    expect(whyNoRoom(place('/a', true), full)).toBe('')
    expect(whyNoRoom(place('/b', false), full)).toBe('')
  })
  it('is bounded for all', () => {
    const all = Array.from({ length: 128 }, (_, i) => place(`/${i}`, true))
    expect(whyNoRoom(place('/x', true), all)).toBe('128 plug-ins are known already, those that went among them')
  })
})

describe('refused sockets', () => {
  const refused = (path: string, why = 'why'): RefusedSocket => ({ path, dir: '/d', why })

  it('are told when they have stood for five seconds, once, and taken back when they are gone', () => {
    const refusals = createRefusals([], 0)
    expect(refusals.look([refused('/d/a')], 0)).toMatchObject({ observations: [], dueMs: 5000 })
    const { observations } = refusals.look([refused('/d/a')], 5000)
    expect(observations).toMatchObject([
      {
        type: 'MonitorRefused',
        entity: 'socket:/d/a',
        health: 'problem',
        message: '/d/a is not taken as a monitor: why',
      },
    ])
    expect(refusals.look([refused('/d/a')], 6000).observations).toEqual([])
    expect(refusals.look([], 10_000)).toMatchObject({ observations: [], dueMs: 15_001 })
    const gone = refusals.look([], 15_001)
    expect(gone.observations).toMatchObject([{ entity: 'socket:/d/a', health: 'healthy' }])
    expect(gone.withdrawn).toEqual([{ type: 'MonitorRefused', entity: 'socket:/d/a' }])
  })

  it('are told as a number where they are many', () => {
    const refusals = createRefusals([], 0)
    const many = Array.from({ length: 300 }, (_, i) => refused(`/d/${i}`))
    refusals.look(many, 0)
    const { observations } = refusals.look(many, 5000)
    expect(observations).toHaveLength(9)
    expect(observations.at(-1)).toMatchObject({
      entity: 'socket:/d',
      message: '292 more sockets in /d are not taken as monitors; the first of them, /d/8: why',
    })
  })

  it('make few conditions an hour, however many come and go', () => {
    const refusals = createRefusals([], 0)
    const entities = new Set<string>()
    for (let s = 0; s < 3600; s++) {
      const now = [0, 1, 2, 3, 4, 5].map((age) => refused(`/d/${s - age}`))
      for (const { entity } of refusals.look(now, s * 1000).observations) entities.add(entity)
    }
    expect(entities.size).toBeLessThan(80)
  })

  it('of an earlier life are taken back when they are not refused any more', () => {
    const refusals = createRefusals(['socket:/d/old'], 0)
    expect(refusals.look([], 5001).withdrawn).toEqual([{ type: 'MonitorRefused', entity: 'socket:/d/old' }])
  })

  it('have an entity of bounded length whatever their path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (path) => {
        expect(pathEntity('socket', path).length).toBeLessThanOrEqual(128)
        expect(pathEntity('socket', path)).not.toMatch(/[\u0000-\u001f\u202e]/)
      }),
    )
  })
})
