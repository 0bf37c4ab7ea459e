/** What a strategy of repair needs beside its name, and what it has no use for. */
import { isRemedy, REMEDIES, REMEDY_NAMES, type Remedy, type RemedyKey } from '#remedies/table'
import { renderDuration } from '../duration.ts'
import { quotedList } from '../nearest.ts'
import type { MonitorEntry, PluginEntry, RemediationEntry } from '../types.ts'
import type { Run } from '../walk/run.ts'
import { wordsOf } from '../walk/words.ts'
import { type PlacedRepair, repairsOf } from './repair-blocks.ts'
import { type Placed, spotOf } from './spot.ts'

/** Keys that one strategy or another reads, with those that do. */
const READERS = new Map<RemedyKey['key'], string[]>()
for (const strategy of REMEDY_NAMES)
  for (const { key } of REMEDIES[strategy].keys) READERS.set(key, [...(READERS.get(key) ?? []), strategy])

/** Of what encloses a strategy it has these, where it says nothing itself (libs/remedies). */
const INHERITED: readonly RemedyKey['key'][] = ['service', 'interface']

function isSaid({ entry, outer }: PlacedRepair, key: RemedyKey['key']): boolean {
  return entry[key] !== undefined || (INHERITED.includes(key) && outer.some((one) => one[key] !== undefined))
}

function checkNeeds(placed: PlacedRepair, run: Run): void {
  const { entry, spot, node } = placed
  const { strategy } = entry
  if (strategy === undefined || !isRemedy(strategy)) return
  for (const { key, isNeeded } of REMEDIES[strategy].keys) {
    const at = spotOf(spot, node, key)
    if (!isNeeded || isSaid(placed, key) || run.hasFault(`${spot.path}.${key}`)) continue
    run.fault({ ...at, path: `${spot.path}.${key}` }, `missing; strategy "${strategy}" needs it`)
  }
}

/** An attempt that is over by its time before its act can be has failed whatever comes of it, and the next one would run into that. */
function checkTimeout({ entry: { strategy, timeoutMs }, spot, node }: PlacedRepair, run: Run): void {
  if (strategy === undefined || timeoutMs === undefined || !isRemedy(strategy)) return
  const { minTimeoutMs = 0 }: Remedy = REMEDIES[strategy]
  if (timeoutMs >= minTimeoutMs || run.hasFault(`${spot.path}.timeout`)) return
  const [said, least] = [renderDuration(timeoutMs), renderDuration(minTimeoutMs)]
  const text = `"${said}" is too short for strategy "${strategy}"; expected a duration of "${least}" at least`
  run.fault(spotOf(spot, node, 'timeout'), text)
}

/** Every strategy in a block, its own first. */
function namesIn({ strategy, strategies }: RemediationEntry): readonly string[] {
  const inner = strategies.flatMap((one) => namesIn(one))
  return strategy === undefined ? inner : [strategy, ...inner]
}

/** A key that nothing in the block reads has no effect, which is said. */
function checkUse({ entry, spot, node }: PlacedRepair, run: Run): void {
  const { strategy } = entry
  for (const [key, readers] of READERS) {
    if (entry[key] === undefined || run.hasFault(`${spot.path}.strategy`)) continue
    const names = INHERITED.includes(key) ? namesIn(entry) : strategy === undefined ? [] : [strategy]
    if (names.some((name) => readers.includes(name))) continue
    const beside = names.length === 0 ? 'without a strategy' : `beside strategy ${quotedList(names)}`
    run.note(spotOf(spot, node, key), `has no effect ${beside}; it is of ${quotedList(readers)}`)
  }
}

function checkPresence({ entry, spot, outer, node }: PlacedRepair, run: Run): void {
  if (entry.priority !== undefined && outer.length === 0)
    run.fault(
      spotOf(spot, node, 'priority'),
      'has no meaning here: the strategy of the check itself has its turn first; expected it in one of "strategies"',
    )
  const { strategy, strategies, enabled } = entry
  if (strategy !== undefined || strategies.length > 0 || !enabled) return
  const path = `${spot.path}.strategy`
  if (run.hasFault(path) || run.hasFault(`${spot.path}.strategies`)) return
  run.fault({ ...spot, path }, `missing; expected ${wordsOf(REMEDY_NAMES)}`)
}

/** @param list checks, or plug-ins */
export function checkStrategies(list: readonly Placed<MonitorEntry | PluginEntry>[], run: Run): void {
  for (const placed of list.flatMap(repairsOf)) {
    checkPresence(placed, run)
    checkNeeds(placed, run)
    checkUse(placed, run)
    checkTimeout(placed, run)
  }
}
