import { describe, expect, test } from 'vitest'
import { contractOf, foldersIn, readMonitorRoom } from '#monitor-kit/contract'

// Every folder here is a monitor: one that cannot be read fails this file, one that breaks a sentence fails that test.
const monitors = await Promise.all(foldersIn(import.meta.dirname).map(readMonitorRoom))

describe.each(monitors)('monitor $definition.name', (monitor) => {
  test.each(contractOf(monitor))('$name', async ({ faults }) => {
    expect(await faults()).toEqual([])
  })
})
