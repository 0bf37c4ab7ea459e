/** Limits that belong together: a warning must not lie above its critical limit. */

import type { MapNode } from '../tree/tree.ts'
import type { JsonSchema } from './json-schema.ts'
import { below, type Run, type Spot } from './run.ts'

export function checkOrder(
  schema: JsonSchema,
  node: MapNode,
  value: Readonly<Record<string, unknown>>,
  spot: Spot,
  run: Run,
): void {
  for (const [low = '', high = ''] of schema.order ?? []) {
    const least = value[low]
    const above = value[high]
    if (typeof least !== 'number' || typeof above !== 'number' || least <= above) continue
    const lowEntry = node.entries.get(low)
    const highEntry = node.entries.get(high)
    const unwritten = (key: string) =>
      schema.properties?.[key]?.inherits === true ? 'for the whole check' : 'by default'
    if (lowEntry !== undefined) {
      const limit = highEntry === undefined ? `${high}, which is ${above} ${unwritten(high)}` : `${high} (${above})`
      run.fault(below(spot, low, lowEntry.place), `${least} is above ${limit}; expected at most ${above}`)
    } else if (highEntry !== undefined) {
      const limit = `${low}, which is ${least} ${unwritten(low)}`
      run.fault(below(spot, high, highEntry.place), `${above} is below ${limit}; expected at least ${least}`)
    }
  }
}
