/** What a strategy of repair needs beside its name. */
import { STRATEGIES, type StrategyName } from '../parts.ts'
import type { MonitorEntry } from '../types.ts'
import type { Run } from '../walk/run.ts'
import { type Placed, spotOf } from './spot.ts'

export function isStrategy(text: string): text is StrategyName {
  return Object.hasOwn(STRATEGIES, text)
}

export function checkStrategies(monitors: readonly Placed<MonitorEntry>[], run: Run): void {
  for (const { entry, spot, node } of monitors) {
    const { remediation } = entry
    if (remediation === undefined || !isStrategy(remediation.strategy)) continue
    const { needs } = STRATEGIES[remediation.strategy]
    const at = spotOf(spot, node, 'remediation')
    if (needs === '' || remediation[needs] !== undefined || run.hasFault(`${at.path}.${needs}`)) continue
    run.fault({ ...at, path: `${at.path}.${needs}` }, `missing; strategy "${remediation.strategy}" needs it`)
  }
}
