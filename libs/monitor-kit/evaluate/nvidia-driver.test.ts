import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DriverKnown, excuseDriver, FIRST_DRIVER, judgeDriverLack } from './nvidia-driver.ts'
import type { PciGpu } from './nvidia-gpu.ts'

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

test('a card that the driver never takes is let be by that word, and no other is', () => {
  const old = gpu('01', undefined, 'display')
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

test('only of what needs no driver, or has it, nothing is missing', () => {
  const driver = fc.constantFrom('nvidia', 'nouveau', 'vfio-pci', undefined)
  const one = fc.record({ place: fc.constantFrom('a', 'b', 'c'), kind: fc.constantFrom('display', 'compute'), driver })
  const gpus = fc.uniqueArray(one, { selector: ({ place }) => place, maxLength: 3 }) as fc.Arbitrary<PciGpu[]>
  const excused = fc.subarray(['a', 'b', 'c'])
  fc.assert(
    fc.property(gpus, fc.boolean(), excused, (drawn, isLoaded, places) => {
      const before = { wasLoaded: true, missingSinceMs: 0, without: [], excused: places }
      const { word } = judgeDriverLack({ gpus: drawn, isLoaded, nowMs: 5 * MINUTE_MS }, EXPECTED, before)
      const hasDriver = drawn.some(({ driver: by }) => by === 'nvidia')
      const needing = drawn.filter(
        ({ place, kind, driver: by }) =>
          by !== 'vfio-pci' && !places.includes(place) && !(hasDriver && kind === 'display' && by === 'nouveau'),
      )
      const isWell = needing.every(({ driver: by }) => isLoaded && by === 'nvidia')
      expect(word.kind === 'missing').toBe(!isWell)
    }),
  )
})

test('a card for screens on nouveau beside others that have the driver is none of its business', () => {
  const first = { wasLoaded: true, missingSinceMs: 0, without: [], excused: [] }
  const of = (...gpus: readonly PciGpu[]) =>
    judgeDriverLack({ gpus, isLoaded: true, nowMs: 5 * MINUTE_MS }, EXPECTED, first).word.kind
  expect(of(gpu('83', 'nvidia'), gpu('02', 'nouveau', 'display'))).toBe('has')
  expect(of(gpu('83', 'nvidia'), gpu('84', 'nouveau'))).toBe('missing')
  expect(of(gpu('02', 'nouveau', 'display'))).toBe('missing')
})
