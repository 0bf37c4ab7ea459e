import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PciGpu } from './nvidia-gpu.ts'
import { type HadCard, hadAfter, NEED_UNKNOWN, type NeedKnown, needsOf } from './nvidia-need.ts'

const [H100, RTX, OLD] = ['0x2330', '0x2684', '0x128b'] as const

function compute(place: string, driver?: string): PciGpu {
  return { place, kind: 'compute', device: H100, driver }
}

function display(place: string, device: string | undefined, driver?: string): PciGpu {
  return { place, kind: 'display', device, driver }
}

const needOf = (gpus: readonly PciGpu[], known: Partial<NeedKnown> = {}) =>
  Object.fromEntries(needsOf(gpus, { ...NEED_UNKNOWN, ...known }))

test('one that computes needs the driver, and one that was given away does not', () => {
  expect(needOf([compute('a'), compute('b', 'nouveau'), compute('c', 'nvidia'), compute('d', 'vfio-pci')])).toEqual({
    ...{ a: 'needs', b: 'needs', c: 'has', d: 'given-away' },
  })
})

test.each([['nouveau'], ['simpledrm'], [undefined]])(
  'an old card of a screen with the driver %s is spare beside one that computes, wherever that is now, or was',
  (driver) => {
    const old = display('b', OLD, driver)
    const isForSome = true
    expect(needOf([compute('a', 'nvidia'), old], { isForSome })).toMatchObject({ b: 'spare' })
    expect(needOf([compute('a'), old], { isForSome })).toMatchObject({ b: 'spare' })
    for (const had of [
      { place: 'a', kind: 'compute' as const },
      { place: 'a', device: RTX },
    ])
      expect(needOf([old], { isForSome, had: [had] })).toMatchObject({ b: 'spare' })
    expect(needOf([old])).toMatchObject({ b: 'spare' })
  },
)

test('where the driver was here, and there is none that computes, it was for those that could drive screens', () => {
  expect(needOf([display('a', RTX, 'nouveau'), display('b', OLD)], { isForSome: true })).toEqual({
    ...{ a: 'needs', b: 'needs' },
  })
  const had = [{ place: 'a', device: RTX, kind: 'display' as const }]
  expect(needOf([display('b', RTX, 'nouveau'), display('a', OLD)], { isForSome: true, had })).toEqual({
    ...{ a: 'spare', b: 'needs' },
  })
})

test('a card of the model of one that the driver has, or had, is there to compute, too, wherever it stands', () => {
  expect(needOf([display('a', RTX, 'nvidia'), display('b', RTX, 'nouveau'), display('c', OLD)])).toEqual({
    ...{ a: 'has', b: 'needs', c: 'spare' },
  })
  expect(needOf([compute('a', 'nvidia'), display('b', RTX)], { had: [{ place: 'c', device: RTX }] })).toMatchObject({
    b: 'needs',
  })
})

test('where nobody has read its model a card is the one that stood there', () => {
  const had: readonly HadCard[] = [{ place: 'b' }]
  expect(needOf([compute('a', 'nvidia'), display('b', undefined), display('c', OLD)], { had })).toMatchObject({
    ...{ b: 'needs', c: 'spare' },
  })
})

test('where a person says so each needs it', () => {
  expect(needOf([compute('a', 'nvidia'), display('b', OLD, 'nouveau')], { isAlways: true })).toMatchObject({
    b: 'needs',
  })
})

test('what is kept of cards that it had is kept once, also over another numbering of the bus, and is bounded', () => {
  const first = hadAfter([], [compute('a', 'nvidia'), display('b', RTX, 'nvidia')])
  const moved = hadAfter(first, [compute('a', 'nvidia'), compute('b', 'nvidia')])
  expect(moved.map(({ place, device }) => `${place} ${device}`)).toEqual([`b ${RTX}`, `a ${H100}`, `b ${H100}`])
  expect(hadAfter(moved, [compute('a', 'nvidia'), compute('b', 'nvidia')])).toEqual(moved)
  const many = Array.from({ length: 100 }, (_, index) => compute(String(index), 'nvidia'))
  expect(hadAfter(moved, many)).toHaveLength(64)
})

test('of whom the driver has another card needs no less, and nobody is spare who has it', () => {
  const driver = fc.constantFrom('nvidia', 'nouveau', 'vfio-pci', undefined)
  const card = fc.record({
    ...{ place: fc.constantFrom('a', 'b', 'c', 'd'), kind: fc.constantFrom('display', 'compute'), driver },
    device: fc.constantFrom(H100, RTX, OLD, undefined),
  })
  const gpus = fc.uniqueArray(card, { selector: ({ place }) => place, maxLength: 4 }) as fc.Arbitrary<PciGpu[]>
  fc.assert(
    fc.property(gpus, fc.boolean(), (drawn, isForSome) => {
      const needs = needsOf(drawn, { ...NEED_UNKNOWN, isForSome })
      for (const { place, kind, driver: by } of drawn) {
        const need = needs.get(place)
        expect(need === 'given-away').toBe(by === 'vfio-pci')
        expect(need === 'has').toBe(by === 'nvidia')
        if (need === 'spare') expect(kind).toBe('display')
      }
    }),
  )
})
