import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DriverKnown, excuseDriver, FIRST_DRIVER, judgeDriverLack } from './nvidia-driver.ts'
import type { PciGpu } from './nvidia-gpu.ts'
import { NEED_UNKNOWN, needsOf } from './nvidia-need.ts'

const EXPECTED = { sustainedMinutes: 5, isAlways: false, doesCountUnbound: true }
const MINUTE_MS = 60_000

function gpu(bus: string, driver: string | undefined, kind: PciGpu['kind'] = 'compute'): PciGpu {
  return { place: `0000:${bus}:00.0`, kind, driver }
}

/** Looks one after another, three minutes apart: what each says, and what is known after the last. */
function looks(all: readonly { gpus: readonly PciGpu[]; isLoaded: boolean }[], before: DriverKnown = FIRST_DRIVER) {
  let known = before
  const words = all.map((one, at) => {
    const judged = judgeDriverLack({ ...one, nowMs: at * 3 * MINUTE_MS }, EXPECTED, known)
    known = judged.known
    return judged.word.kind
  })
  return { words, known }
}

const AWAY = { gpus: [gpu('83', undefined), gpu('84', undefined)], isLoaded: false }
const THERE = { gpus: [gpu('83', 'nvidia'), gpu('84', 'nvidia')], isLoaded: true }

test('a driver is missed once it was away for long, and no more once it is there', () => {
  expect(looks([AWAY, AWAY, AWAY, THERE, AWAY]).words).toEqual(['waiting', 'waiting', 'missing', 'has', 'waiting'])
})

test('by a person’s word GPUs need no driver until it has them', () => {
  const ill = looks([AWAY, AWAY, AWAY])
  const after = looks([AWAY, AWAY, AWAY, THERE, AWAY, AWAY, AWAY], excuseDriver(ill.known))
  expect(after.words).toEqual(['excused', 'excused', 'excused', 'has', 'waiting', 'waiting', 'missing'])
})

test('a word while the driver is away for less time, as in an upgrade, excuses nobody', () => {
  const early = looks([AWAY, AWAY])
  expect(early.words.at(-1)).toBe('waiting')
  expect(looks([AWAY, AWAY, AWAY, AWAY], excuseDriver(early.known)).words.at(-1)).toBe('missing')
})

test('of two cards that the driver does not have any more a person’s word lets be the one of which it was told', () => {
  const old = gpu('01', undefined)
  const taken = { gpus: [old, gpu('83', 'nvidia')], isLoaded: true }
  const ill = looks([taken, taken, taken])
  expect(ill.words.at(-1)).toBe('missing')
  const lost = { gpus: [old, gpu('83', undefined)], isLoaded: true }
  expect(looks([taken, taken, lost, lost, lost], excuseDriver(ill.known)).words).toEqual([
    'has',
    'has',
    'waiting',
    'waiting',
    'missing',
  ])
})

test('a driver that was taken off a card of screens is not expected any more by that word', () => {
  const screen = { gpus: [gpu('01', undefined, 'display')], isLoaded: false }
  const loaded = { gpus: [gpu('01', 'nvidia', 'display')], isLoaded: true }
  const ill = looks([loaded, screen, screen, screen])
  expect(ill.words.at(-1)).toBe('missing')
  expect(looks([screen, screen, screen], { ...excuseDriver(ill.known), excused: [] }).words).toEqual([
    'not-expected',
    'not-expected',
    'not-expected',
  ])
})

const drivers = fc.constantFrom('nvidia', 'nouveau', 'vfio-pci', undefined)
const kinds = fc.constantFrom('display', 'compute')
const cards = fc.uniqueArray(fc.record({ place: fc.constantFrom('a', 'b', 'c'), kind: kinds, driver: drivers }), {
  selector: ({ place }) => place,
  maxLength: 3,
}) as fc.Arbitrary<PciGpu[]>

test('only of what needs no driver, or has it, nothing is missing', () => {
  fc.assert(
    fc.property(cards, fc.boolean(), fc.subarray(['a', 'b', 'c']), (drawn, isLoaded, excused) => {
      const before = { ...FIRST_DRIVER, missingSinceMs: 0, excused }
      const { word } = judgeDriverLack({ gpus: drawn, isLoaded, nowMs: 5 * MINUTE_MS }, EXPECTED, before)
      const needs = needsOf(drawn, { ...NEED_UNKNOWN, isForSome: isLoaded })
      const needing = drawn.filter(
        ({ place }) => ['has', 'needs'].includes(needs.get(place) ?? '') && !excused.includes(place),
      )
      const isWell = needing.every(({ driver: by }) => isLoaded && by === 'nvidia')
      expect(word.kind === 'missing').toBe(!isWell)
    }),
  )
})

test('a card for screens beside others that compute is none of its business, whoever has it and while the driver is away, too', () => {
  const wordOf = (gpus: readonly PciGpu[], isLoaded = true) => {
    const lasted = { ...FIRST_DRIVER, wasLoaded: true, missingSinceMs: 0 }
    const { word } = judgeDriverLack({ gpus, isLoaded, nowMs: 5 * MINUTE_MS }, EXPECTED, lasted)
    return 'lack' in word ? [word.lack.kind, ...word.lack.gpus.map(({ place }) => place.slice(5, 7))] : [word.kind]
  }
  for (const driver of ['nouveau', 'simpledrm', undefined]) {
    const screen = gpu('02', driver, 'display')
    expect(wordOf([gpu('83', 'nvidia'), screen])).toEqual(['has'])
    expect(wordOf([gpu('83', undefined), screen], false)).toEqual(['not-loaded', '83'])
    expect(wordOf([gpu('83', undefined), screen])).toEqual(['not-bound', '83'])
  }
  expect(wordOf([gpu('83', 'nvidia'), gpu('84', 'nouveau')])).toEqual(['nouveau', '84'])
  expect(wordOf([gpu('02', 'nouveau', 'display')])).toEqual(['nouveau', '02'])
})

test('where one that computes waits for the driver that is told, and not a card of screens that nouveau has', () => {
  const had = [{ place: '0000:02:00.0', kind: 'display' as const }]
  const seen = { gpus: [gpu('02', 'nouveau', 'display'), gpu('83', undefined)], isLoaded: false, nowMs: 0 }
  const { word } = judgeDriverLack(seen, { ...EXPECTED, sustainedMinutes: 0 }, { ...FIRST_DRIVER, had })
  expect(word).toMatchObject({ kind: 'missing', lack: { kind: 'not-loaded', gpus: [{ place: '0000:83:00.0' }] } })
})

test('once the driver has all that it had nothing is missing, however it went and came, and whoever else is there', () => {
  const away = fc.record({ driver: fc.constantFrom('nouveau', undefined), isLoaded: fc.boolean() })
  fc.assert(
    fc.property(cards, fc.array(away, { minLength: 1, maxLength: 4 }), (drawn, times) => {
      const well = { gpus: drawn, isLoaded: drawn.some(({ driver }) => driver === 'nvidia') }
      const gone = times.map(({ driver, isLoaded }) => ({
        gpus: drawn.map((one) => (one.driver === 'nvidia' ? { ...one, driver } : one)),
        isLoaded,
      }))
      const { words } = looks([well, well, ...gone, well, well, well])
      expect(words.at(-1)).toBe(looks([well, well, well]).words.at(-1))
    }),
  )
})

test('which cards the driver had is known from one look on, and one that it had for a moment alone is not kept', () => {
  const old = gpu('02', 'nouveau', 'display')
  const away = { gpus: [gpu('83', undefined, 'display'), old], isLoaded: false }
  const words = looks([{ gpus: [gpu('83', 'nvidia', 'display'), old], isLoaded: true }, away, away, away])
  expect(words.words).toEqual(['has', 'waiting', 'waiting', 'missing'])
  expect(words.known.without).toEqual(['0000:83:00.0'])
  const tried = { gpus: [gpu('83', 'nvidia'), gpu('02', 'nvidia', 'display')], isLoaded: true }
  const refused = { gpus: [gpu('83', 'nvidia'), gpu('02', undefined, 'display')], isLoaded: true }
  expect(looks([refused, tried, refused, refused, refused]).words.at(-1)).toBe('has')
  expect(looks([tried, tried, refused, refused, refused]).words.at(-1)).toBe('missing')
})
