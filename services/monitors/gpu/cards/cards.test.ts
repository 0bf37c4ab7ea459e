import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entityOf, productOf, subjectOf } from './card.ts'
import { createCards } from './cards.ts'
import { placeOf } from './pci.ts'

test('an address has one form, whoever writes it', () => {
  const forms = ['00000000:83:00.0', '0000:83:00', '0000:83:00.0', '83:00.0', ' 00000000:83:00.0 ']
  expect(forms.map(placeOf)).toEqual(forms.map(() => '0000:83:00'))
  expect(placeOf('00010000:E1:1F.7')).toBe('10000:e1:1f')
  expect(placeOf('10000:e1:1f.0')).toBe('10000:e1:1f')
  expect(['', '83', '0000:83', '0000:83:00.8', 'g000:83:00', '123456789:83:00', 'PCI:0000:83:00'].map(placeOf)).toEqual(
    Array.from({ length: 7 }, () => undefined),
  )
  fc.assert(fc.property(fc.string(), (text) => void placeOf(text)))
})

test('a GPU is called by its UUID, and by its place while that is not known', () => {
  const card = { place: '0000:83:00', uuid: undefined, index: undefined, name: '' }
  expect([entityOf(card), subjectOf(card)]).toEqual(['gpu:0000:83:00', 'GPU 0000:83:00'])
  const known = { ...card, uuid: 'GPU-3f', index: 3, name: productOf('NVIDIA H200') }
  expect([entityOf(known), subjectOf(known)]).toEqual(['gpu:GPU-3f', 'GPU 3, H200'])
})

test('another UUID in a slot is another GPU, and the one before is gone, told once to each who asks', () => {
  const cards = createCards()
  cards.learn('0000:83:00', { uuid: 'GPU-1', index: 0, name: 'H200' })
  expect(cards.gone('a')).toEqual([])
  cards.learn('0000:83:00', { uuid: 'GPU-2' })
  expect(cards.at('0000:83:00')).toEqual({ place: '0000:83:00', uuid: 'GPU-2', index: undefined, name: '' })
  expect(cards.gone('a').map(entityOf)).toEqual(['gpu:GPU-1'])
  expect(cards.gone('a')).toEqual([])
  expect(cards.gone('b').map(entityOf)).toEqual(['gpu:GPU-1'])
})

test('what was said of a place is gone once the GPU there is named', () => {
  const cards = createCards()
  cards.at('0000:83:00')
  cards.learn('0000:84:00', { index: 1 })
  cards.learn('0000:83:00', { uuid: 'GPU-1' })
  cards.learn('0000:84:00', { uuid: 'GPU-2' })
  expect(cards.gone().map(entityOf)).toEqual(['gpu:0000:83:00', 'gpu:0000:84:00'])
  expect(cards.at('0000:84:00')).toMatchObject({ uuid: 'GPU-2', index: 1 })
})

test('one that was moved to another slot, or came back, is not gone', () => {
  const cards = createCards()
  cards.learn('0000:01:00', { uuid: 'GPU-1' })
  cards.learn('0000:02:00', { uuid: 'GPU-2' })
  cards.gone()
  cards.learn('0000:01:00', { uuid: 'GPU-2' })
  cards.learn('0000:02:00', { uuid: 'GPU-1' })
  expect(cards.gone()).toEqual([])
  expect(cards.all().map(entityOf)).toEqual(['gpu:GPU-2', 'gpu:GPU-1'])
})

test('what is not said stays as it was, and a GPU that nobody named is known by its place', () => {
  const cards = createCards()
  expect(cards.at('0000:83:00').uuid).toBeUndefined()
  cards.learn('0000:83:00', { index: 3, name: 'H200' })
  cards.learn('0000:83:00', { uuid: 'GPU-1' })
  cards.learn('0000:83:00', {})
  expect(cards.at('0000:83:00')).toEqual({ place: '0000:83:00', uuid: 'GPU-1', index: 3, name: 'H200' })
})

test('whatever is learned, who is gone is in no slot, and what is remembered is bounded', () => {
  const learned = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.option(fc.nat({ max: 4 }), { nil: undefined })))
  fc.assert(
    fc.property(learned, (words) => {
      const cards = createCards()
      for (const [place, uuid] of words) {
        cards.learn(`0000:0${place}:00`, uuid === undefined ? {} : { uuid: `GPU-${uuid}` })
      }
      const there = cards.all().map(entityOf)
      expect(cards.gone().filter((card) => there.includes(entityOf(card)))).toEqual([])
    }),
  )
  const cards = createCards()
  for (let i = 0; i < 1000; i++) cards.learn('0000:01:00', { uuid: `GPU-${i}` })
  expect(cards.gone()).toHaveLength(256)
})
