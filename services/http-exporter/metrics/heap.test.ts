/** /metrics at the heap that the container of the http-exporter gives it: half of its 96 Mi, which is what Node takes. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { nodeFlagsOf } from '../../cli/up/node-flags.ts'
import { MAX_PLUGIN_SERIES, MAX_SERIES_PER_MONITOR } from './sample-table.ts'

const run = promisify(execFile)
const FULL = MAX_PLUGIN_SERIES / MAX_SERIES_PER_MONITOR

/** @throws when the process ends otherwise than by itself, out of memory too */
async function scrapes(plugins: number, names: 'own' | 'shared'): Promise<unknown> {
  const flags = [...nodeFlagsOf('http-exporter'), '--max-old-space-size=48']
  const { stdout } = await run(process.execPath, [
    ...flags,
    join(import.meta.dirname, 'testing-heap.ts'),
    String(plugins),
    names,
  ])
  return JSON.parse(stdout)
}

describe('ten scrapes at once, at the heap of the container', () => {
  it.each(['own', 'shared'] as const)('are one text, with all that plug-ins may tell under %s names', async (names) => {
    expect(await scrapes(2 * FULL, names)).toEqual({
      series: MAX_PLUGIN_SERIES,
      refused: MAX_PLUGIN_SERIES,
      renders: 1,
      bodies: 1,
    })
  })
})
