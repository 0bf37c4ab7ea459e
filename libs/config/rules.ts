/** What no single value can show to be wrong: names, dependencies, times, ports and files against each other. */

import { renderDuration } from './duration.ts'
import { nearestName, quotedList } from './nearest.ts'
import { STRATEGIES } from './parts.ts'
import { below, type Run, type Spot } from './run.ts'
import type { Document } from './schema/document.ts'
import { child, type Tree } from './tree.ts'
import type { MonitorEntry, PluginEntry } from './types.ts'

/** A Unix socket's path holds 107 bytes; the longest that we put below the run directory has 37. */
const RUN_DIR_BYTES_MAX = 70

/** An entry of a list with the place where it is written. */
export interface Placed<T> {
  readonly entry: T
  readonly spot: Spot
  readonly node: Tree
}

/** The spot of a key where it is written, else that of what encloses it. */
export function spotOf(spot: Spot, node: Tree | undefined, ...keys: readonly string[]): Spot {
  let [current, inside] = [spot, node]
  for (const key of keys) {
    const entry = inside?.kind === 'map' ? inside.entries.get(key) : undefined
    current = below(current, key, entry?.place ?? current.place)
    inside = entry?.node
  }
  return current
}

/** `dependsOn`: existing, enabled, without a circle. */
export function checkDependencies(monitors: readonly Placed<MonitorEntry>[], run: Run): void {
  const byName = new Map(monitors.map(({ entry }) => [entry.name, entry]))
  for (const { entry, spot, node } of monitors) {
    entry.dependsOn.forEach((name, index) => {
      const list = child(node, 'dependsOn')
      const item = list?.kind === 'list' ? list.items[index] : undefined
      const base = spotOf(spot, node, 'dependsOn')
      const itemSpot = { ...base, path: `${base.path}[${index}]`, place: item?.place ?? base.place }
      const target = byName.get(name)
      if (target === undefined) {
        const names = [...byName.keys()]
        const nearest = nearestName(name, names)
        const hint = nearest === undefined ? `expected one of ${quotedList(names)}` : `did you mean "${nearest}"?`
        run.fault(itemSpot, `there is no monitor "${name}"; ${hint}`)
      } else if (!target.enabled && entry.enabled) {
        run.fault(itemSpot, `monitor "${name}" is switched off; enable it, or do not depend on it`)
      }
    })
  }
  for (const circle of circlesOf(monitors.map(({ entry }) => entry))) {
    const first = monitors.find(({ entry }) => entry.name === circle[0])
    if (first === undefined) continue
    run.fault(
      spotOf(first.spot, first.node, 'dependsOn'),
      `depends on itself: ${circle.join(' → ')}; expected no circle`,
    )
  }
}

/** Each circle once, from its first member in the list and back to it. */
export function circlesOf(monitors: readonly Pick<MonitorEntry, 'name' | 'dependsOn'>[]): string[][] {
  const next = new Map(monitors.map(({ name, dependsOn }) => [name, dependsOn]))
  const done = new Set<string>()
  const circles: string[][] = []
  for (const { name } of monitors) follow(name, [])
  return circles

  function follow(name: string, trail: string[]): void {
    const start = trail.indexOf(name)
    if (start >= 0) {
      circles.push([...trail.slice(start), name])
      return
    }
    if (done.has(name)) return
    for (const target of next.get(name) ?? []) if (next.has(target)) follow(target, [...trail, name])
    done.add(name)
  }
}

/** A run that may last longer than its interval would be given up by the next one. */
export function checkTimes(list: readonly Placed<MonitorEntry | PluginEntry>[], run: Run): void {
  for (const { entry, spot, node } of list) {
    if (entry.timeoutMs < entry.intervalMs) continue
    const interval = `the interval (${renderDuration(entry.intervalMs)})`
    const key =
      child(node, 'timeout') === undefined && child(node, 'grpcTimeout') === undefined ? 'interval' : 'timeout'
    const text = `"${renderDuration(entry.timeoutMs)}" is not shorter than ${interval}; expected less than that`
    run.fault(
      spotOf(spot, node, key),
      key === 'timeout'
        ? text
        : `${interval} is not longer than the timeout (${renderDuration(entry.timeoutMs)}); expected more than that, or a shorter timeout`,
    )
  }
}

/** What a strategy needs beside its name. */
export function checkStrategies(monitors: readonly Placed<MonitorEntry>[], run: Run): void {
  for (const { entry, spot, node } of monitors) {
    const { remediation } = entry
    if (remediation === undefined || !Object.hasOwn(STRATEGIES, remediation.strategy)) continue
    const { needs } = STRATEGIES[remediation.strategy as keyof typeof STRATEGIES]
    if (needs === '' || remediation[needs] !== undefined) continue
    const at = spotOf(spot, node, 'remediation')
    run.fault({ ...at, path: `${at.path}.${needs}` }, `missing; strategy "${remediation.strategy}" needs it`)
  }
}

/** Two plug-ins at one socket are one plug-in; a name of ours is ours. */
export function checkPlugins(plugins: readonly Placed<PluginEntry>[], taken: readonly string[], run: Run): void {
  const sockets = new Map<string, Spot>()
  for (const { entry, spot, node } of plugins) {
    const key = child(node, 'socketAddress') === undefined ? 'socketPath' : 'socketAddress'
    const at = spotOf(spot, node, key)
    const first = sockets.get(entry.socketPath)
    if (first === undefined) sockets.set(entry.socketPath, at)
    else run.fault(at, `"${entry.socketPath}" is asked already, at ${first.place.where}; expected another socket`)
    if (taken.includes(entry.name))
      run.fault(
        spotOf(spot, node, 'name'),
        `"${entry.name}" is the name of a monitor of Node Doctor; expected another name`,
      )
  }
}

/** Ports, certificates, the length of socket paths. */
export function checkEnds(doc: Document, runDir: string, tree: Tree, run: Run): void {
  const root: Spot = { path: '', key: '', place: tree.place }
  const { http, prometheus } = doc.exporters
  if (http.enabled && prometheus.enabled && http.hostPort === prometheus.port) {
    const written =
      child(child(child(tree, 'exporters'), 'prometheus'), 'port') === undefined
        ? ['http', 'hostPort']
        : ['prometheus', 'port']
    run.fault(
      spotOf(root, tree, 'exporters', ...written),
      `${http.hostPort} is the port of both exporters.http and exporters.prometheus; expected two`,
    )
  }
  for (const key of ['tlsCertFile', 'tlsKeyFile'] as const) {
    if (!http.tlsEnabled || http[key] !== undefined) continue
    run.fault(
      { ...spotOf(root, tree, 'exporters', 'http', 'tlsEnabled'), path: `exporters.http.${key}` },
      'missing; exporters.http.tlsEnabled needs it',
    )
  }
  if (Buffer.byteLength(runDir) > RUN_DIR_BYTES_MAX) {
    run.fault(
      spotOf(root, tree, 'settings', 'runDir'),
      `"${runDir}" is too long for the paths of Unix sockets; expected at most ${RUN_DIR_BYTES_MAX} bytes`,
    )
  }
}
