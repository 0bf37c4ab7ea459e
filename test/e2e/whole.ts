/** The state as the exporter shows it, once it is all that the detector knows. */
import { join } from 'node:path'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix } from '#rpc'
import type { NodeView } from '#view'
import { type Constellation, until } from './constellation.ts'

/** What the detector itself holds, without the way over the bus. */
async function known(c: Constellation): Promise<{ conditions: string[]; monitors: string[]; ran: string[] }> {
  const client = connectUnix(join(c.runDir, 'detector', 'detector.sock'))
  try {
    const { node } = await client.call(DetectorService.getNode, {}, { timeoutMs: 2000 })
    return {
      conditions: (node?.conditions ?? []).map(({ type, entity }) => `${type} ${entity}`).sort(),
      monitors: (node?.monitors ?? []).map(({ name }) => name),
      ran: (node?.monitors ?? []).flatMap(({ runs }) => runs.map(({ check }) => check)),
    }
  } finally {
    client.close()
  }
}

/**
 * Waits until every one of these checks has run and all that they said has come to the exporter. Buckets are written beside
 * each other: that a check has run may be seen before what it saw.
 */
export function untilWhole(c: Constellation, checks: readonly string[]): Promise<NodeView> {
  return until('every check has run, and the exporter shows all that the detector knows', async () => {
    const { conditions, monitors, ran } = await known(c)
    const view = await c.status()
    const shown = view.conditions.map(({ type, entity }) => `${type} ${entity}`).sort()
    const isWatched = (name: string) => name === 'detector' || conditions.includes(`MonitorUnreachable monitor:${name}`)
    const isWhole =
      monitors.includes('system') &&
      monitors.every(isWatched) &&
      checks.every((check) => ran.includes(check)) &&
      shown.join() === conditions.join() &&
      view.conditions.every(({ health }) => health !== 'unknown')
    return isWhole ? view : undefined
  })
}
