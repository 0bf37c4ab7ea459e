/** Keys that have a meaning only beside others, or only without them, and values that have none. */
import type { MapNode } from '../tree/tree.ts'
import type { JsonSchema } from './json-schema.ts'
import { below, type Run, type Spot } from './run.ts'

export function checkTogether({ needs = [], excludes = [] }: JsonSchema, node: MapNode, spot: Spot, run: Run): void {
  for (const [key = '', other = ''] of needs) {
    const entry = node.entries.get(key)
    if (entry === undefined || node.entries.has(other)) continue
    run.fault(below(spot, key, entry.place), `has no meaning without "${other}"; expected that beside it`)
  }
  for (const [key = '', other = ''] of excludes) {
    const entry = node.entries.get(key)
    if (entry === undefined || !node.entries.has(other)) continue
    run.fault(below(spot, key, entry.place), `has no meaning beside "${other}"; expected one of them`)
  }
}

/** An entry of a map that changes nothing. @param value as it was read, without faults */
export function checkIdle(
  { idle = [] }: JsonSchema,
  key: string,
  value: unknown,
  { spot, run }: { spot: Spot; run: Run },
) {
  if (typeof value !== 'object' || value === null) return
  const entries = Object.entries(value)
  const found = idle.find(
    ({ keys, only }) =>
      keys?.includes(key) !== false && entries.every(([name, one]) => only[name]?.includes(one) === true),
  )
  if (found !== undefined) run.fault(spot, found.why)
}
