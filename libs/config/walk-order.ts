/** Limits that belong together: a warning must not lie above its critical limit. */
import type { JsonSchema } from './json-schema.ts'
import { below, type Run, type Spot } from './run.ts'
import type { MapNode } from './tree.ts'

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
    if (lowEntry !== undefined) {
      const by = highEntry === undefined ? ', which nobody set' : ''
      run.fault(below(spot, low, lowEntry.place), `${least} is above ${high} (${above}${by}); expected at most that`)
    } else {
      const place = highEntry?.place ?? spot.place
      run.fault(
        below(spot, high, place),
        `${above} is below ${low} (${least}, which nobody set); expected at least that`,
      )
    }
  }
}
