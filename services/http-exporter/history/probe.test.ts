import { expect, onTestFinished, test } from 'vitest'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { tempFolder } from '../../../libs/host/testing.ts'
import { createDiskProbe } from './probe.ts'

test('a disk that answered while the process had no processor is no silent one', async () => {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const clock = fakeClock()
  const answer = createDiskProbe(folder.path, clock).ask({ sync: true })
  clock.starve(6000)
  await clock.advance(1)
  expect(await answer).toBe('well')
})
