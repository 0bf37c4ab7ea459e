/** What a reading of the disks says. Pure. */

import type { ConditionKey, MetricSample } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import { plural, unknownFinding } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { type DeviceMemory, judgeDevice } from './io.ts'
import type { DiskReading } from './source.ts'
import { diskEntity, FIRST_PLACE, judgePlace, type Moment, type PlaceMemory } from './space.ts'

/** What one check keeps for the next. */
export interface DiskMemory {
  readonly places: ReadonlyMap<string, PlaceMemory>
  readonly devices: ReadonlyMap<string, DeviceMemory>
  /** Conditions that were reported, by type and entity. */
  readonly reported: ReadonlyMap<string, ConditionKey>
  /** Configured paths that do not exist. */
  readonly absent: ReadonlySet<string>
  readonly omitted: number
}

export const FIRST_DISK: DiskMemory = {
  places: new Map(),
  devices: new Map(),
  reported: new Map(),
  absent: new Set(),
  omitted: 0,
}

export interface DiskVerdict {
  readonly memory: DiskMemory
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
  readonly metrics: readonly MetricSample[]
  readonly withdrawn: readonly ConditionKey[]
  /** Mounts or disks could not be listed: what is not named is not gone. */
  readonly partial: boolean
}

const PLACE_TYPES: readonly string[] = ['DiskFull', 'InodesLow', 'FilesystemReadOnly']

/** All that was reported of some types is unknown now; at least the type as a whole. */
function unknownAll(types: readonly string[], why: { reason: string; message: string }, memory: DiskMemory): Finding[] {
  const known = [...memory.reported.values()].filter(({ type }) => types.includes(type))
  const silent = types.filter((type) => !known.some((key) => key.type === type)).map((type) => ({ type, entity: '' }))
  return [...known, ...silent].map(({ type, entity }) => unknownFinding(type, { ok: false, ...why }, entity))
}

function judgePlaces(reading: DiskReading, memory: DiskMemory, now: Moment) {
  const places = new Map<string, PlaceMemory>()
  const findings: Finding[] = []
  const metrics: MetricSample[] = []
  const absent = new Set<string>()
  for (const place of reading.places) {
    if (place.space === undefined) {
      absent.add(place.path)
      continue
    }
    const verdict = judgePlace(place, memory.places.get(place.path) ?? FIRST_PLACE, now)
    places.set(place.path, verdict.memory)
    findings.push(...verdict.findings)
    metrics.push(...verdict.metrics)
  }
  if (reading.mounts.ok) return { places, findings, metrics, absent }
  // What holds which path is not known: the paths that are configured have their space, the rest is unknown.
  const told = new Set(findings.map(({ type, entity }) => `${type} ${entity}`))
  const types = reading.places.length > 0 ? ['FilesystemReadOnly'] : PLACE_TYPES
  const unknown = unknownAll(types, reading.mounts, memory).filter((f) => !told.has(`${f.type} ${f.entity}`))
  return { places: new Map([...memory.places, ...places]), findings: [...findings, ...unknown], metrics, absent }
}

function judgeDevices(reading: DiskReading, config: Config, memory: DiskMemory, monoMs: number) {
  if (!reading.devices.ok) {
    return {
      devices: new Map<string, DeviceMemory>(),
      findings: unknownAll(['DiskSlow'], reading.devices, memory),
      metrics: [],
    }
  }
  const judged = [...reading.devices.value].map(
    ([name, counters]) => [name, judgeDevice(name, counters, memory.devices.get(name), config, monoMs)] as const,
  )
  return {
    devices: new Map(judged.map(([name, verdict]) => [name, verdict.memory])),
    findings: judged.map(([, { finding }]) => finding),
    metrics: judged.flatMap(([, { metrics }]) => metrics),
  }
}

/** Paths that are named but not there: told once, and again when that changes. */
function absences(absent: ReadonlySet<string>, before: ReadonlySet<string>, present: readonly string[]): Happening[] {
  const gone = [...absent].filter((path) => !before.has(path))
  const back = present.filter((path) => before.has(path))
  return [
    ...gone.map((path) => ({
      reason: 'PathAbsent',
      severity: 'info' as const,
      entity: diskEntity(path),
      message: `${path} does not exist on this node and is not watched; that is no problem`,
    })),
    ...back.map((path) => ({
      reason: 'PathPresent',
      severity: 'info' as const,
      entity: diskEntity(path),
      message: `${path} exists now and is watched`,
    })),
  ]
}

function omission(omitted: number, before: number): Happening[] {
  if (omitted === 0 || omitted === before) return []
  const message = `${plural(omitted, 'file system')} more than can be watched; name those that matter in paths`
  return [{ reason: 'MountsNotWatched', severity: 'info', message }]
}

function keyOf({ type, entity = '' }: { type: string; entity?: string }): string {
  return `${type} ${entity}`
}

export function evaluateDisk(reading: DiskReading, config: Config, memory: DiskMemory, now: Moment): DiskVerdict {
  const space = judgePlaces(reading, memory, now)
  const io = judgeDevices(reading, config, memory, now.monoMs)
  const findings = [...space.findings, ...io.findings]
  const reported = new Map(findings.map((f) => [keyOf(f), { type: f.type, entity: f.entity ?? '' }]))
  return {
    memory: { places: space.places, devices: io.devices, reported, absent: space.absent, omitted: reading.omitted },
    findings,
    events: [
      ...absences(space.absent, memory.absent, [...space.places.keys()]),
      ...omission(reading.omitted, memory.omitted),
    ],
    metrics: [...space.metrics, ...io.metrics],
    partial: !reading.mounts.ok || !reading.devices.ok,
    withdrawn: [...memory.reported.values()].filter((key) => !reported.has(keyOf(key))),
  }
}
