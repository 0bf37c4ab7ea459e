/** The way to an exporter, by a clock of the test's: what is given, when, and under which number. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { NodeCondition } from '#model'
import type { NodeFeed, Voice } from '#node-feed'
import { ExportRequest } from '#proto/npd/external/v1/external_exporter.ts'
import { type FakeClock, fakeClock } from '../../../libs/clock/testing.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import { someCondition } from '../../../libs/view/testing.ts'
import type { Content } from '../content.ts'
import { NotTakenError } from '../errors.ts'
import { told } from '../testing-partner.ts'
import { createConditionTeller } from './conditions.ts'
import { openKept } from './kept.ts'
import { createLane } from './lane.ts'
import { createPatience } from './patience.ts'

const POLICY = { errorThreshold: 2, initialBackoffMs: 1000, backoffMultiplier: 2, maxBackoffMs: 4000, maxAttempts: 2 }

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'nd-lane-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

function content(key: string, atMs = 0): Content {
  const events = [{ severity: 2, timestamp: new Date(atMs), reason: key, message: '' } as const]
  return {
    key,
    at: new Date(atMs),
    status: { source: 'a', events: [...events], conditions: [] },
    context: { kind: 'event' },
  }
}

/** One life of a service's way to an exporter that answers as the test says. */
async function begin(path: string, clock: FakeClock) {
  const { log, messages } = keepLog()
  const ending = new AbortController()
  const given: ExportRequest[] = []
  const results: string[] = []
  const ways = { isTaking: true, place: 'first' }
  const keptFile = await openKept({ path: join(path, 'tickets.json'), bootId: 'b1', log, clock })
  const own = { name: 'tickets', clock, log, signal: ending.signal }
  const lane = createLane({
    ...own,
    nodeName: 'worker-7',
    partner: {
      give(request) {
        given.push(request)
        return ways.isTaking ? Promise.resolve() : Promise.reject(new NotTakenError('/run/t.sock', 'no'))
      },
      place: () => ways.place,
      isAnother: () => false,
      close: () => undefined,
    },
    patience: createPatience(POLICY, clock.monotonicMs),
    keptFile,
    onCall: (result) => results.push(result),
  })
  onTestFinished(() => {
    ending.abort()
    return lane.ended
  })
  return { ...own, lane, keptFile, given, results, ways, messages, end: () => ending.abort() }
}

const bytesOf = (request: ExportRequest) => Buffer.from(ExportRequest.encode(request).finish())
const numbers = (given: readonly ExportRequest[]) => given.map(({ sequence }) => sequence)

describe('the way to an exporter', () => {
  it('gives one thing until it is taken, waits longer and longer, and says twice what is wrong', async () => {
    const clock = fakeClock()
    const { lane, given, ways, results, messages } = await begin(await folder(), clock)
    ways.isTaking = false
    const [one, two] = [lane.tell('EVENTS', content('one')), lane.tell('EVENTS', content('two'))]
    await expect.poll(() => given.length).toBe(1)
    for (const [ms, calls] of [
      [999, 1],
      [1, 2],
      [1000, 3],
      [2000, 4],
      [3999, 4],
      [1, 5],
    ] as const) {
      await clock.advance(ms)
      await expect.poll(() => given.length).toBe(calls)
    }
    expect(lane.state()).toMatchObject({
      doing: 'lost',
      pending: 2,
      failures: 5,
      waitingMs: 8000,
      lastError: 'the exporter at /run/t.sock did not take it: no',
    })
    ways.isTaking = true
    await clock.advance(4000)
    await Promise.all([one, two])
    expect([numbers(given), results.slice(-3)]).toEqual([
      [1, 1, 1, 1, 1, 1, 2],
      ['refused', 'taken', 'taken'],
    ])
    expect(
      messages().filter((text) => text.startsWith('external exporter') && !text.endsWith('did not take it')),
    ).toEqual([
      'external exporter does not take what it is told; it is tried again',
      'external exporter is lost; it is tried on, after the longest wait',
      'external exporter takes what it is told again',
    ])
    expect(lane.state()).toMatchObject({ doing: 'serving', pending: 0, waitingMs: 0, nextTryMs: 0, lastError: '' })
  })

  it('tries another one that took its place at once', async () => {
    const clock = fakeClock()
    const { lane, given, ways } = await begin(await folder(), clock)
    ways.isTaking = false
    const one = lane.tell('EVENTS', content('one'))
    for (const calls of [1, 2, 3, 4]) {
      await expect.poll(() => given.length).toBe(calls)
      await clock.advance(calls < 3 ? 1000 : 2000)
    }
    ways.isTaking = true
    ways.place = 'second'
    await clock.advance(2000)
    await expect(one).resolves.toBeUndefined()
  })

  it('gives what an earlier life had in hand first, as it was, and does nothing twice that was taken', async () => {
    const [path, clock] = [await folder(), fakeClock()]
    const first = await begin(path, clock)
    await first.lane.tell('PROBLEMS', content('before'))
    first.ways.isTaking = false
    const lost = first.lane.tell('EVENTS', content('in hand'))
    await expect.poll(() => first.given.length).toBe(2)
    first.end()
    await expect(lost).rejects.toThrow(
      'exporter tickets has not taken it before the end; it is told after the next start',
    )
    await first.lane.ended

    const second = await begin(path, clock)
    const again = [
      second.lane.tell('PROBLEMS', content('before')),
      second.lane.tell('EVENTS', content('in hand')),
      second.lane.tell('EVENTS', content('next')),
    ]
    await Promise.all(again)
    expect([second.given[0], first.given[1]].map((one) => one && bytesOf(one))).toEqual(
      Array(2).fill(first.keptFile.kept.inHand?.request),
    )
    expect([numbers(second.given), told(second.given)]).toEqual([
      [2, 3],
      ['in hand: ', 'next: '],
    ])
  })

  it('never gives two things one number, also where the file cannot be written for a while and the next life reads it', async () => {
    const [path, clock] = [await folder(), fakeClock()]
    const away = `${path}-away`
    onTestFinished(() => rm(away, { recursive: true, force: true }))
    const first = await begin(path, clock)
    await first.lane.tell('EVENTS', content('one'))
    await first.keptFile.save()
    await rename(path, away)
    await writeFile(path, '')
    for (const key of ['two', 'three']) await first.lane.tell('EVENTS', content(key))
    first.end()
    await first.lane.ended
    await rm(path)
    await rename(away, path)
    const second = await begin(path, clock)
    await second.lane.tell('EVENTS', content('four'))
    await second.lane.tell('EVENTS', content('five'))

    const all = [...first.given, ...second.given]
    expect(told(all)).toEqual(['one: ', 'two: ', 'three: ', 'four: ', 'five: '])
    const [known, unkept] = all.map(({ context }) => context['numbering'])
    expect(all.map(({ sequence, context }) => [context['numbering'], sequence])).toEqual([
      [known, 1],
      [unkept, 1],
      [unkept, 2],
      [known, 2],
      [known, 3],
    ])
    expect(known).not.toBe(unkept)
  })

  it('goes on where what was in hand is damaged', async () => {
    const [path, clock] = [await folder(), fakeClock()]
    const first = await begin(path, clock)
    first.keptFile.kept.inHand = { from: 'EVENTS', key: 'k', request: Buffer.from([0xff, 0xff]) }
    await first.keptFile.save()
    const second = await begin(path, clock)
    await second.lane.tell('EVENTS', content('next'))
    expect([told(second.given), second.messages()[0]]).toEqual([
      ['next: '],
      'what an external exporter was being told is damaged; it comes again from the bus',
    ])
  })
})

describe('conditions on the way to an exporter', () => {
  function feedOf(...all: NodeCondition[]) {
    const conditions = new Map(all.map((one) => [`${one.type} ${one.entity}`, one]))
    let voice: Voice = { state: 'live' }
    const feed = { conditions, known: true, listening: { voice: () => voice } } as unknown as NodeFeed
    return { feed, conditions, hear: (next: Voice) => (voice = next) }
  }

  async function telling(path: string, ...all: NodeCondition[]) {
    const clock = fakeClock()
    const one = await begin(path, clock)
    const source = feedOf(...all)
    const teller = createConditionTeller({ ...one, feed: source.feed })
    async function look(words: readonly string[]): Promise<void> {
      teller.changed()
      await clock.advance(5)
      await expect.poll(() => told(one.given)).toEqual(words)
    }
    return { ...one, ...source, clock, teller, look }
  }

  it('are told once, all of them again to one that was met anew, and as unknown while nobody vouches for them', async () => {
    const { look, teller, hear } = await telling(await folder(), someCondition())
    await look(['DiskFull FALSE'])
    await look(['DiskFull FALSE'])
    teller.forget()
    await look(['DiskFull FALSE', 'DiskFull FALSE'])
    hear({ state: 'silent', since: new Date(0) })
    await look(['DiskFull FALSE', 'DiskFull FALSE', 'DiskFull UNKNOWN'])
    hear({ state: 'live' })
    await look(['DiskFull FALSE', 'DiskFull FALSE', 'DiskFull UNKNOWN', 'DiskFull FALSE'])
  })

  it('that nobody speaks of any more are withdrawn after two minutes, also those of an earlier life', async () => {
    const path = await folder()
    const first = await telling(path, someCondition(), someCondition({ type: 'Gone' }))
    await first.look(['DiskFull FALSE', 'Gone FALSE'])
    first.end()
    await first.lane.ended
    const second = await telling(path, someCondition())
    await second.look(['DiskFull FALSE'])
    await second.clock.advance(119_000)
    await second.look(['DiskFull FALSE'])
    await second.clock.advance(1000)
    await second.look(['DiskFull FALSE', 'Gone UNKNOWN'])
    await second.look(['DiskFull FALSE', 'Gone UNKNOWN'])
    expect(second.keptFile.kept.types).toEqual(['DiskFull'])
    second.conditions.clear()
    await second.look(['DiskFull FALSE', 'Gone UNKNOWN'])
    await second.clock.advance(120_000)
    await second.look(['DiskFull FALSE', 'Gone UNKNOWN', 'DiskFull UNKNOWN'])
  })
})
