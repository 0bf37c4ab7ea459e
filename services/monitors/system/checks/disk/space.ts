/** Space, inodes and read-only state of one file system. Pure. */

import type { FsStat } from '#host'
import { type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import {
  bytes,
  judgedFinding,
  judgeLevel,
  levelOf,
  namedLimit,
  percent,
  percentValue,
  plural,
  short,
  unknownFinding,
} from '#monitor-kit/evaluate'
import { addSample, forecast, type SpaceSample } from './forecast.ts'
import type { Place } from './source.ts'

/** What one check keeps of a file system for the next. */
export interface PlaceMemory {
  readonly samples: readonly SpaceSample[]
  /** The file system that was writable here once: read-only now is a fault. undefined: none was. */
  readonly writable: string | undefined
}

export const FIRST_PLACE: PlaceMemory = { samples: [], writable: undefined }

export interface PlaceVerdict {
  readonly memory: PlaceMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

export interface Moment {
  readonly wall: Date
  readonly monoMs: number
}

/** Longest entity that the model takes is 128. */
const MAX_PATH = 120

/** "disk:/var". A path that is too long keeps its end, which tells it apart from its neighbours. */
export function diskEntity(path: string): string {
  return `disk:${path.length <= MAX_PATH ? path : `…${path.slice(-(MAX_PATH - 1))}`}`
}

/** What `df` has: the blocks that are kept for root are neither used nor free, and nobody's to fill. */
export interface Usage {
  readonly usedRatio: number
  /** Used and available together: what can be filled. */
  readonly usableBytes: number
}

/** undefined when it has no size. */
export function usageOf(space: FsStat): Usage | undefined {
  const used = space.sizeBytes - space.freeBytes
  const usableBytes = used + space.availableBytes
  return usableBytes > 0 && used >= 0 ? { usedRatio: Math.min(1, used / usableBytes), usableBytes } : undefined
}

function spaceFinding(place: Place, space: FsStat, usage: Usage, outlook: string): Finding {
  const { usedRatio: used, usableBytes } = usage
  const { warningThreshold: warning, criticalThreshold: critical } = place.limits
  const limits = { warning, critical }
  const verdict = judgeLevel(levelOf(used * 100, limits))
  const free = `${bytes(space.availableBytes)} of ${bytes(usableBytes)} free`
  return judgedFinding({
    type: 'DiskFull',
    entity: diskEntity(place.path),
    verdict,
    healthyReason: 'BelowLimit',
    message: `${used < 1 ? `${percent(used)} used` : 'nothing free'} of ${bytes(usableBytes)}, limit ${short(namedLimit(verdict, limits))} %${used < 1 ? '' : ' used'}`,
    summary: `${place.path} is ${used < 1 ? `${percent(used, 0)} full` : 'full'}`,
    evidence: {
      value: percentValue(used),
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: 'used',
      detail: outlook === '' ? `${free}.` : `${free}; ${outlook}.`,
      metric: seriesKey('disk_used_ratio', { mount: place.path }),
    },
  })
}

function inodesFinding(place: Place, space: FsStat): { finding: Finding; used: number } {
  const { inodeWarningThreshold: warning, inodeCriticalThreshold: critical } = place.limits
  const limits = { warning, critical }
  const used = Math.min(1, Math.max(0, 1 - space.filesFree / space.files))
  const verdict = judgeLevel(levelOf(used * 100, limits))
  const finding = judgedFinding({
    type: 'InodesLow',
    entity: diskEntity(place.path),
    verdict,
    healthyReason: 'EnoughInodes',
    message: `${percent(used)} of ${plural(space.files, 'inode')} used, limit ${short(namedLimit(verdict, limits))} %`,
    summary: `${place.path} has ${plural(space.filesFree, 'inode')} left`,
    evidence: {
      value: percentValue(used),
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: 'of all inodes used',
      detail: `${space.filesFree.toLocaleString('en-US')} of ${plural(space.files, 'inode')} free.`,
      metric: seriesKey('disk_inodes_used_ratio', { mount: place.path }),
    },
  })
  return { finding, used }
}

const BY_DESIGN = { reason: 'ReadOnlyByDesign', message: 'mounted read-only, as /etc/fstab wants it' }
const SEALED = { reason: 'ReadOnlyByDesign', message: 'mounted read-only, from an image that nobody can write' }
const MAYBE_BY_DESIGN = {
  reason: 'FirstLook',
  message: 'read-only since the first look of this boot; whether it is meant to be is not known: name it in /etc/fstab',
}

/** What read-only is that is no fault, as far as anything says so. */
function readOnlyWords({ meantWritable, sealed }: Place): Pick<Finding, 'reason' | 'message' | 'pending'> {
  if (meantWritable === false) return { ...BY_DESIGN, pending: false }
  return sealed ? { ...SEALED, pending: false } : { ...MAYBE_BY_DESIGN, pending: true }
}

/** Why read-only is a fault; undefined: nothing says so. */
function whyFault(place: Place, wasWritable: boolean): string | undefined {
  if (wasWritable) return 'it was writable before'
  if (place.meantWritable === true) return '/etc/fstab wants it writable'
  return place.turned && place.meantWritable === undefined ? 'it was mounted for writing' : undefined
}

/**
 * An error stops writing: `emergency_ro`, or read-only where it was writable before, was mounted for writing, or
 * /etc/fstab wants it so. Read-only from the first look of this boot on, with no such word, may be meant or may be a fault
 * from before we looked: it raises nothing and clears nothing, and is not known.
 */
function accessFinding(place: Place, wasWritable: boolean): Finding | undefined {
  const entity = diskEntity(place.path)
  const type = 'FilesystemReadOnly'
  const problem = {
    type,
    entity,
    health: 'problem',
    severity: 'critical',
    summary: `${place.path} is read-only`,
  } as const
  switch (place.access) {
    case undefined:
      return undefined
    case 'writable':
      return { type, entity, health: 'healthy', reason: 'Writable', message: 'mounted read-write' }
    case 'stopped':
      return {
        ...problem,
        reason: 'StoppedByError',
        message:
          'the kernel stopped all writing after an error of the file system; see the kernel log, then repair and mount it again',
      }
    case 'read-only': {
      const why = whyFault(place, wasWritable)
      if (why !== undefined) {
        const message = `mounted read-only, but ${why}; see the kernel log for errors of the file system`
        return { ...problem, reason: 'ReadOnly', message }
      }
      return { type, entity, health: 'healthy', ...readOnlyWords(place) }
    }
  }
}

/** A file system that is meant to be read-only is full or not for good: its space is nobody's problem. */
function isFixed(place: Place, access: Finding | undefined): boolean {
  return place.access === 'read-only' && access?.health === 'healthy'
}

function judgeSpace(
  place: Place,
  memory: PlaceMemory,
  now: Moment,
): Omit<PlaceVerdict, 'memory'> & { samples: readonly SpaceSample[] } {
  const entity = diskEntity(place.path)
  const unseen = { findings: [], metrics: [], samples: memory.samples }
  if (place.space === undefined) return unseen
  if (!place.space.ok) {
    const why = place.space
    return { ...unseen, findings: ['DiskFull', 'InodesLow'].map((type) => unknownFinding(type, why, entity)) }
  }
  const space = place.space.value
  const usage = usageOf(space)
  if (usage === undefined) {
    const message = `the file system at ${place.path} says that it has no size; watch another path`
    const finding: Finding = { type: 'DiskFull', entity, health: 'unknown', reason: 'NoSize', message }
    return { ...unseen, findings: [finding] }
  }
  const labels = { mount: place.path }
  const samples = addSample(memory.samples, { monoMs: now.monoMs, availableBytes: space.availableBytes })
  const findings = [spaceFinding(place, space, usage, forecast(samples, now.wall))]
  const metrics: MetricSample[] = [
    { name: 'disk_used_ratio', labels, value: usage.usedRatio },
    { name: 'disk_available_bytes', labels, value: space.availableBytes },
  ]
  // btrfs, vfat and others make inodes as they need them, and count none.
  if (space.files > 0) {
    const inodes = inodesFinding(place, space)
    findings.push(inodes.finding)
    metrics.push({ name: 'disk_inodes_used_ratio', labels, value: inodes.used })
  }
  return { findings, metrics, samples }
}

export function judgePlace(place: Place, memory: PlaceMemory, now: Moment): PlaceVerdict {
  const wasWritable = memory.writable !== undefined && memory.writable === (place.fileSystem ?? memory.writable)
  const access = accessFinding(place, wasWritable)
  const known = wasWritable ? memory.writable : undefined
  const writable = place.access === 'writable' ? place.fileSystem : known
  const accessFindings = access === undefined ? [] : [access]
  if (isFixed(place, access)) {
    return { memory: { samples: [], writable }, findings: accessFindings, metrics: [] }
  }
  const { findings, metrics, samples } = judgeSpace(place, memory, now)
  return { memory: { samples, writable }, findings: [...findings, ...accessFindings], metrics }
}
