import { expect, test } from 'vitest'
import { cleanText, MAX_ENTITY } from '#model'
import { badFiles, goodFiles } from './npd-files.ts'

const NOW = new Date('2026-05-12T03:14:20Z')
const bad = (path: string) => ({ path, faults: [{ where: `${path}:1:1`, path: '', text: 'is no JSON' }] })

/** As the detector's engine keeps them. */
const asKept = (entities: readonly string[]) => entities.map((entity) => cleanText(entity, MAX_ENTITY))

test('files with long paths stay apart, and are not said good while they are bad', () => {
  const folder = `/config/${'deep/'.repeat(40)}`
  const files = [bad(`${folder}a.json`), bad(`${folder}b.json`), bad('/config/line\nbreak.json'), bad('/config/k.json')]
  const entities = badFiles(files, NOW).map(({ entity }) => entity)
  expect(new Set(entities).size).toBe(4)
  expect(entities.map(({ length }) => length > MAX_ENTITY)).toEqual([false, false, false, false])
  expect(entities[3]).toBe('file:/config/k.json')
  expect(goodFiles(asKept(entities), files, NOW)).toEqual([])
  expect(goodFiles(asKept(entities), files.slice(1), NOW).map(({ entity }) => entity)).toEqual([entities[0]])
})
