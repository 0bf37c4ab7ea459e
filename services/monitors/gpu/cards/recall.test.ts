import { expect, test } from 'vitest'
import { createCards } from './cards.ts'
import { createRecall } from './recall.ts'

const BOOT = '00000000-0000-4000-8000-000000000001'

function recalled(boot: string | undefined, learned: readonly (readonly [string, string])[] = []) {
  const cards = createCards()
  for (const [place, uuid] of learned) cards.learn(place, { uuid })
  const known = {
    'GPU-a': { place: '0000:83:00', name: 'H200', index: 3, boot: BOOT },
    'GPU-b': { place: '0000:84:00', name: 'H200', boot: 'another' },
    'GPU-c': { place: '0000:85:00', name: 'H200' },
  }
  const bootId = () => (boot === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(boot))
  const recall = createRecall({ host: { bootId }, inventory: { read: async () => ({ known, episodes: {} }) }, cards })
  return recall().then(() => cards.all())
}

test('a card is who it was in this boot, and after a reboot nobody is until it is said', async () => {
  expect(await recalled(BOOT)).toEqual([{ place: '0000:83:00', uuid: 'GPU-a', index: 3, name: 'H200' }])
  expect([await recalled('third'), await recalled(undefined)]).toEqual([[], []])
})

test('what was said in this life outweighs it', async () => {
  expect(await recalled(BOOT, [['0000:83:00', 'GPU-d']])).toMatchObject([{ uuid: 'GPU-d' }])
  expect(await recalled(BOOT, [['0000:89:00', 'GPU-a']])).toMatchObject([{ place: '0000:89:00' }])
})
