import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { removeStaleStores } from '../../services/cli/up/stale-stores.ts'
import { MEMORY, storeInMemory } from '../../services/cli/up/store.ts'
import { until } from './constellation.ts'
import { upPlace } from './up-alone.ts'

const place = upPlace()

it('the store of an up that was killed is removed by the next up once its run directory is gone, and no other', async () => {
  const [gone, kept] = [await place.start('gone'), await place.start('kept')]
  const [goneStore, keptStore] = [storeInMemory(gone.runDir), storeInMemory(kept.runDir)]
  await Promise.all([gone.end('SIGKILL'), kept.end('SIGKILL')])
  expect([goneStore, keptStore].map(existsSync)).toEqual([true, true])
  await rm(gone.runDir, { recursive: true, maxRetries: 5 })
  const next = await place.start('next')
  await until('it is removed', () => !existsSync(goneStore))
  expect([keptStore, storeInMemory(next.runDir)].map(existsSync)).toEqual([true, true])
}, 120_000)

it('the lock that is asked is the one that the bus holds: a store in use stays, whatever became of its run directory', async () => {
  const { runDir } = await place.start('run')
  const store = storeInMemory(runDir)
  await rename(runDir, `${runDir}-elsewhere`)
  expect(await removeStaleStores(MEMORY, new Date())).not.toContain(store)
  expect(existsSync(join(store, 'jetstream'))).toBe(true)
}, 60_000)
