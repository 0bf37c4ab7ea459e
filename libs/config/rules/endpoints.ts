/** Two endpoints of one name would be one condition. */
import { plainAddress } from '#model'
import { child, type Tree } from '../tree/tree.ts'
import type { MonitorEntry } from '../types.ts'
import { below, type Run, type Spot } from '../walk/run.ts'
import { itemSpot, type Placed, spotOf } from './spot.ts'

const CONNECTIVITY = 'network-connectivity-check'

/** An endpoint as it is called in conditions. */
interface Named {
  readonly name: string
  /** The key by which it is called so. */
  readonly key: 'name' | 'url'
  readonly spot: Spot
}

function textOf(value: unknown, key: string): string {
  const text = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key]
  return typeof text === 'string' ? text : ''
}

/** What is no URL is a fault already, and has no name. */
function namedOf(value: unknown, spot: Spot, node: Tree | undefined): readonly Named[] {
  const [name, url] = [textOf(value, 'name'), textOf(value, 'url')]
  if (name !== '') return [{ name, key: 'name', spot: spotOf(spot, node, 'name') }]
  if (!URL.canParse(url)) return []
  return [{ name: plainAddress(new URL(url)), key: 'url', spot: spotOf(spot, node, 'url') }]
}

/** Each endpoint is a condition of its own; the check's own one is called as the check is. */
function checkNames({ entry, spot, node }: Placed<MonitorEntry>, run: Run): void {
  const { url, endpoints } = entry.config
  const config = child(node, 'config')
  const list = config && child(config, 'endpoints')
  const own =
    typeof url === 'string' && url !== '' ? [{ name: entry.name, at: spotOf(spot, node, 'config', 'url') }] : []
  const seen = new Map<string, Spot>(own.map(({ name, at }) => [name, at]))
  const items = Array.isArray(endpoints) ? endpoints : []
  for (const [index, item] of items.entries()) {
    const written = list?.kind === 'list' ? list.items[index] : undefined
    const at = config === undefined ? spot : itemSpot(spotOf(spot, node, 'config'), config, 'endpoints', index)
    for (const { name, key, spot: place } of namedOf(item, at, written)) {
      const first = seen.get(name)
      if (first === undefined) seen.set(name, place)
      else if (key === 'name')
        run.fault(place, `"${name}" is taken already, at ${first.place.where}; expected another name`)
      else
        run.fault(
          below(at, 'name', place.place),
          `missing: without it the endpoint is called "${name}", as another one is, at ${first.place.where}; expected a name of its own`,
        )
    }
  }
}

export function checkEndpoints(monitors: readonly Placed<MonitorEntry>[], run: Run): void {
  for (const monitor of monitors) if (monitor.entry.type === CONNECTIVITY) checkNames(monitor, run)
}
