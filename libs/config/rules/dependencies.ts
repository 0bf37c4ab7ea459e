/** `dependsOn` and `explainedBy`: existing, enabled, without a circle. */
import type { MonitorEntry } from '../types.ts'
import type { Run } from '../walk/run.ts'
import { itemSpot, type Placed, spotOf } from './spot.ts'

const KEYS = ['dependsOn', 'explainedBy'] as const

export function checkDependencies(monitors: readonly Placed<MonitorEntry>[], run: Run): void {
  const byName = new Map(monitors.map(({ entry }) => [entry.name, entry]))
  const names = [...byName.keys()]
  for (const { entry, spot, node } of monitors) {
    for (const key of KEYS) {
      entry[key].forEach((name, index) => {
        const target = byName.get(name)
        const at = itemSpot(spot, node, key, index)
        if (target === undefined) run.fault(at, `there is no monitor "${name}"; ${run.suggest(name, names)}`)
        else if (!target.enabled && entry.enabled) {
          run.fault(at, `monitor "${name}" is switched off; enable it, or do not depend on it`)
        }
      })
    }
  }
  for (const circle of circlesOf(monitors.map(({ entry }) => entry))) {
    const first = monitors.find(({ entry }) => entry.name === circle[0])
    if (first === undefined) continue
    run.fault(
      spotOf(first.spot, first.node, first.entry.dependsOn.includes(circle[1] ?? '') ? 'dependsOn' : 'explainedBy'),
      `depends on itself: ${circle.join(' → ')}; expected no circle`,
    )
  }
}

/** More circles than that are more of the same. */
const CIRCLES_MAX = 20

/** Each circle once, from the first of its members that is reached and back to it. */
export function circlesOf(monitors: readonly Pick<MonitorEntry, 'name' | 'dependsOn' | 'explainedBy'>[]): string[][] {
  const next = new Map(monitors.map(({ name, dependsOn, explainedBy }) => [name, [...dependsOn, ...explainedBy]]))
  const done = new Set<string>()
  const circles: string[][] = []

  function follow(name: string, trail: readonly string[]): void {
    if (circles.length >= CIRCLES_MAX) return
    const start = trail.indexOf(name)
    if (start >= 0) circles.push([...trail.slice(start), name])
    if (start >= 0 || done.has(name)) return
    for (const target of next.get(name) ?? []) if (next.has(target)) follow(target, [...trail, name])
    done.add(name)
  }

  for (const { name } of monitors) follow(name, [])
  return circles
}
