/** What a reading of processes and open files says. Pure. */

import type { ConditionKey, MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import {
  duration,
  judgedFinding,
  judgeLevel,
  levelOf,
  namedLimit,
  percent,
  percentValue,
  plural,
  type Reading,
  short,
  unknownFinding,
} from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import type { FileUse, PidUse, ProcessesReading, Scan, StuckProcess } from './source.ts'

/** A process seen in uninterruptible sleep, and since when without progress. */
export interface Asleep {
  readonly ran: number
  readonly sinceMonoMs: number
}

/** What one check keeps for the next. */
export interface ProcessesMemory {
  /** By pid and start. */
  readonly asleep: ReadonlyMap<string, Asleep>
  /** Checks that shall look at each process, whatever the load says: while something is wrong, and until it is proven gone. */
  readonly looks: number
}

/** Looks after the last one that found something: as many as prove it gone. */
const LOOKS_TO_PROVE = 2

export const FIRST_PROCESSES: ProcessesMemory = { asleep: new Map(), looks: LOOKS_TO_PROVE }

export interface ProcessesVerdict {
  readonly memory: ProcessesMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

const MAX_NAMED = 3

function judgePids(reading: Reading<PidUse>, config: Config) {
  const type = 'PIDsExhausted'
  if (!reading.ok) return { finding: unknownFinding(type, reading), metrics: [] }
  const { used, limit, limitName } = reading.value
  const limits = { warning: config.pidWarningThreshold, critical: config.pidCriticalThreshold }
  const ratio = used / limit
  const verdict = judgeLevel(levelOf(ratio * 100, limits))
  const of = `${used.toLocaleString('en-US')} of ${plural(limit, 'possible process and thread', 'possible processes and threads')}`
  const finding = judgedFinding({
    type,
    verdict,
    healthyReason: 'EnoughPIDs',
    message: `${of}, limit ${short(namedLimit(verdict, limits))} %`,
    summary: `${percent(ratio, 0)} of all processes and threads are taken`,
    evidence: {
      value: percentValue(ratio),
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: 'of all processes and threads',
      detail: `${limitName} allows ${limit.toLocaleString('en-US')}.`,
      metric: 'pids_used_ratio',
    },
  })
  return {
    finding,
    metrics: [
      { name: 'pids_used_ratio', labels: {}, value: ratio },
      { name: 'pids_used', labels: {}, value: used },
    ],
  }
}

function judgeFiles(reading: Reading<FileUse>, config: Config) {
  const type = 'FileHandlesExhausted'
  if (!reading.ok) return { finding: unknownFinding(type, reading), metrics: [] }
  const { used, limit } = reading.value
  const limits = { warning: config.fileWarningThreshold, critical: config.fileCriticalThreshold }
  const ratio = used / limit
  const verdict = judgeLevel(levelOf(ratio * 100, limits))
  const finding = judgedFinding({
    type,
    verdict,
    healthyReason: 'EnoughFileHandles',
    message: `${plural(used, 'open file')}, ${percent(ratio)} of what fs.file-max allows, limit ${short(namedLimit(verdict, limits))} %`,
    summary: `${percent(ratio, 0)} of all file handles are taken`,
    evidence: {
      value: percentValue(ratio),
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: 'of all file handles',
      detail: `${plural(used, 'open file')}.`,
      metric: 'file_handles_used_ratio',
    },
  })
  return {
    finding,
    metrics: [
      { name: 'file_handles_used_ratio', labels: {}, value: ratio },
      { name: 'file_handles_used', labels: {}, value: used },
    ],
  }
}

/** Who left most of them: "most of them, 87, by java (4711)". */
function worstParent(scan: Scan, zombies: readonly StuckProcess[]): string {
  const byParent = new Map<number, number>()
  for (const { parent } of zombies) byParent.set(parent, (byParent.get(parent) ?? 0) + 1)
  const [worst] = [...byParent].sort((a, b) => b[1] - a[1])
  if (worst === undefined) return ''
  const [pid, number] = worst
  return `${number.toLocaleString('en-US')} left by ${scan.names.get(pid) ?? 'a process'} (${pid}).`
}

function judgeZombies(scan: Scan, config: Config) {
  const zombies = scan.stuck.filter(({ state }) => state === 'Z')
  const limits = { warning: config.zombieWarningCount, critical: config.zombieCriticalCount }
  const verdict = judgeLevel(levelOf(zombies.length, limits))
  const finding = judgedFinding({
    type: 'ZombieProcesses',
    verdict,
    healthyReason: 'FewZombies',
    message: `${plural(zombies.length, 'zombie')} of ${plural(scan.processes, 'process', 'processes')}, limit ${namedLimit(verdict, limits).toLocaleString('en-US')}`,
    summary: `${plural(zombies.length, 'zombie process', 'zombie processes')}`,
    evidence: {
      value: zombies.length,
      unit: '',
      ...limits,
      lowIsBad: false,
      label: 'zombies',
      detail: worstParent(scan, zombies),
      metric: 'zombie_processes',
    },
  })
  return { finding, metrics: [{ name: 'zombie_processes', labels: {}, value: zombies.length }] }
}

/** Those in uninterruptible sleep now; the age goes on for those that have not run since they were first seen so. */
function followAsleep(scan: Scan, config: Config, before: ProcessesMemory['asleep'], monoMs: number) {
  const asleep = new Map<string, Asleep & { readonly process: StuckProcess }>()
  for (const process of scan.stuck) {
    if (process.state !== 'D' || config.ignoreBlocked.includes(process.name)) continue
    const key = `${process.pid}:${process.started}`
    const known = before.get(key)
    const sinceMonoMs = known !== undefined && known.ran === process.ran ? known.sinceMonoMs : monoMs
    asleep.set(key, { ran: process.ran, sinceMonoMs, process })
  }
  return asleep
}

function judgeBlocked(scan: Scan, config: Config, memory: ProcessesMemory, monoMs: number) {
  const asleep = followAsleep(scan, config, memory.asleep, monoMs)
  const blocked = [...asleep.values()]
    .filter(({ sinceMonoMs }) => monoMs - sinceMonoMs >= config.blockedSeconds * 1000)
    .sort((a, b) => a.sinceMonoMs - b.sinceMonoMs)
  const limits = { warning: 1, critical: Math.max(1, config.blockedCriticalCount) }
  const level = judgeLevel(levelOf(blocked.length, limits))
  const verdict = level === 'healthy' && asleep.size > 0 ? 'pending' : level
  const named = blocked
    .slice(0, MAX_NAMED)
    .map(({ process, sinceMonoMs }) => `${process.name} (${process.pid}) for ${duration(monoMs - sinceMonoMs)}`)
  const longest = Math.max(0, ...[...asleep.values()].map(({ sinceMonoMs }) => monoMs - sinceMonoMs))
  const more = blocked.length > MAX_NAMED ? [`${blocked.length - MAX_NAMED} more`] : []
  const detail = [...named, ...more].join(', ')
  const count = plural(blocked.length, 'process', 'processes')
  const limit = duration(config.blockedSeconds * 1000)
  const finding = judgedFinding({
    type: 'ProcessesBlocked',
    verdict,
    healthyReason: 'NothingBlocked',
    warningReason: 'UninterruptibleSleep',
    criticalReason: 'UninterruptibleSleep',
    message:
      blocked.length > 0
        ? `${count} in uninterruptible sleep without progress: ${detail}`
        : asleep.size > 0
          ? `${plural(asleep.size, 'process', 'processes')} in uninterruptible sleep without progress, the longest for ${duration(longest)}, limit ${limit}`
          : 'no process in uninterruptible sleep',
    summary: `${count} ${blocked.length === 1 ? 'hangs' : 'hang'} in the kernel`,
    evidence: {
      value: blocked.length,
      unit: '',
      ...limits,
      lowIsBad: false,
      label: `blocked for ${limit} or more`,
      detail: detail === '' ? '' : `${detail}.`,
      metric: 'blocked_processes',
    },
  })
  return {
    asleep: new Map([...asleep].map(([key, { ran, sinceMonoMs }]) => [key, { ran, sinceMonoMs }])),
    finding,
    metrics: [{ name: 'blocked_processes', labels: {}, value: blocked.length }],
  }
}

/** What the load alone proves. Zombies do not show in it: they stay as they were. */
const NOTHING_BLOCKED: Finding = {
  type: 'ProcessesBlocked',
  health: 'healthy',
  reason: 'NothingBlocked',
  message: 'no process blocked: by the load, none was for the last minute',
}

function judgeScan(scan: ProcessesReading['scan'], config: Config, memory: ProcessesMemory, monoMs: number) {
  if (scan === undefined) {
    return { memory: { asleep: FIRST_PROCESSES.asleep, looks: 0 }, findings: [NOTHING_BLOCKED], metrics: [] }
  }
  if (!scan.ok) {
    const findings = [unknownFinding('ZombieProcesses', scan), unknownFinding('ProcessesBlocked', scan)]
    return { memory: { ...memory, looks: LOOKS_TO_PROVE }, findings, metrics: [] }
  }
  const zombies = judgeZombies(scan.value, config)
  const blocked = judgeBlocked(scan.value, config, memory, monoMs)
  const findings = [zombies.finding, blocked.finding]
  const wrong = findings.some(({ health, pending }) => health !== 'healthy' || pending)
  return {
    memory: { asleep: blocked.asleep, looks: wrong ? LOOKS_TO_PROVE : Math.max(0, memory.looks - 1) },
    findings,
    metrics: [...zombies.metrics, ...blocked.metrics],
  }
}

export function evaluateProcesses(
  reading: ProcessesReading,
  config: Config,
  memory: ProcessesMemory,
  monoMs: number,
): ProcessesVerdict {
  const pids = judgePids(reading.pids, config)
  const files = judgeFiles(reading.files, config)
  const scan = judgeScan(reading.scan, config, memory, monoMs)
  return {
    memory: scan.memory,
    findings: [pids.finding, files.finding, ...scan.findings],
    metrics: [...pids.metrics, ...files.metrics, ...scan.metrics],
  }
}

/** A person's word: how long processes sleep is counted anew. */
export function clearProcesses(memory: ProcessesMemory, { type }: ConditionKey): ProcessesMemory {
  return type === 'ProcessesBlocked' ? { ...memory, asleep: FIRST_PROCESSES.asleep } : memory
}
