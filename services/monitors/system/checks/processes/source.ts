/** Processes and open files of the whole node, from /proc. */

import type { Host } from '#host'
import type { Reading } from '#monitor-kit/evaluate'
import { count, decimal, fields, observe, understood } from '#monitor-kit/source'

/** Processes and threads against what the kernel allows. */
export interface PidUse {
  readonly used: number
  readonly limit: number
  /** What sets that limit: "kernel.pid_max". */
  readonly limitName: string
}

export interface FileUse {
  readonly used: number
  readonly limit: number
}

/** One process (its main thread) in a state that calls for attention. */
export interface StuckProcess {
  readonly pid: number
  readonly name: string
  readonly parent: number
  /** Z: ended, nobody took note. D: uninterruptible sleep. */
  readonly state: 'Z' | 'D'
  /** Clock ticks after boot at which it started: with the pid it names the process. */
  readonly started: number
  /** Clock ticks it has run: no progress while they stay the same. */
  readonly ran: number
}

export interface Scan {
  readonly processes: number
  readonly stuck: readonly StuckProcess[]
  /** Names by pid, of those that are parents of zombies. */
  readonly names: ReadonlyMap<number, string>
}

export interface Load {
  /** Of the last minute. */
  readonly load: number
  /** Processes and threads that exist. */
  readonly tasks: number
  /** Processes that wait for a block device or the like (proc_stat(5), procs_blocked). */
  readonly blocked: number
}

export interface ProcessesReading {
  readonly pids: Reading<PidUse>
  readonly files: Reading<FileUse>
  /** undefined: not looked at each process this time, since by the load none can have been blocked for long. */
  readonly scan: Reading<Scan> | undefined
}

/** "0.17 0.13 0.10 1/99 11608" */
export function parseTasks(text: string): { load: number; tasks: number } | undefined {
  const parts = fields(text.trimEnd())
  const load = decimal(parts[0])
  const tasks = count(/^\d+\/(\d+)$/.exec(parts[3] ?? '')?.[1])
  return load === undefined || tasks === undefined ? undefined : { load, tasks }
}

export function parseBlocked(text: string): number | undefined {
  return count(/^procs_blocked (\d+)$/m.exec(text)?.[1])
}

/** /proc/sys/fs/file-nr: allocated, allocated but unused, limit. */
export function parseFileNr(text: string): FileUse | undefined {
  const [allocated, unused, limit] = fields(text.trim()).map(count)
  if (allocated === undefined || unused === undefined || limit === undefined || limit === 0) return undefined
  return { used: Math.max(0, allocated - unused), limit }
}

/** Of /proc/<pid>/stat; the name may hold spaces, parentheses and line breaks. undefined when it makes no sense. */
export function parseProcessStat(text: string): (Omit<StuckProcess, 'state'> & { state: string }) | undefined {
  const open = text.indexOf(' (')
  const close = text.lastIndexOf(') ')
  if (open < 1 || close < open) return undefined
  const pid = count(text.slice(0, open))
  const rest = fields(text.slice(close + 2).trimEnd())
  const [parent, userTicks, systemTicks, started] = [rest[1], rest[11], rest[12], rest[19]].map(count)
  const state = rest[0]
  if (pid === undefined || parent === undefined || userTicks === undefined || systemTicks === undefined)
    return undefined
  if (started === undefined || state === undefined) return undefined
  return { pid, name: text.slice(open + 2, close), parent, state, started, ran: userTicks + systemTicks }
}

/** All of them, unless they are more than the kernel may ever have. */
async function scanProcesses(host: Host): Promise<Scan> {
  const pids = (await host.files.list('/proc')).filter((name) => /^\d+$/.test(name))
  const texts = await host.files.readEach(pids.map((pid) => `/proc/${pid}/stat`))
  const all = texts
    .map((text) => (text === undefined ? undefined : parseProcessStat(text)))
    .filter((p) => p !== undefined)
  const stuck = all.filter((p): p is StuckProcess => p.state === 'Z' || p.state === 'D')
  const parents = new Set(stuck.filter((p) => p.state === 'Z').map((p) => p.parent))
  const names = new Map(all.filter((p) => parents.has(p.pid)).map((p) => [p.pid, p.name]))
  return { processes: all.length, stuck, names }
}

/** Limits of all tasks of the kernel. */
const TASK_LIMITS: readonly { path: string; name: string }[] = [
  { path: '/proc/sys/kernel/pid_max', name: 'kernel.pid_max' },
  { path: '/proc/sys/kernel/threads-max', name: 'kernel.threads-max' },
]

/** Where the root control group has its own limit and use (version 2, version 1): only when the whole node was put below one. */
const GROUP_FOLDERS: readonly string[] = ['/sys/fs/cgroup', '/sys/fs/cgroup/pids']

async function readPidUse(host: Host, tasks: number): Promise<PidUse> {
  const texts = await host.files.readEach([
    ...TASK_LIMITS.map(({ path }) => path),
    ...GROUP_FOLDERS.flatMap((folder) => [`${folder}/pids.current`, `${folder}/pids.max`]),
  ])
  const values = texts.map((text) => count(text?.trim()))
  const uses: PidUse[] = []
  const add = (used: number | undefined, limit: number | undefined, limitName: string): void => {
    if (used !== undefined && limit !== undefined && limit > 0) uses.push({ used, limit, limitName })
  }
  for (const [index, { name }] of TASK_LIMITS.entries()) add(tasks, values[index], name)
  for (let at = TASK_LIMITS.length; at < values.length; at += 2) {
    add(values[at], values[at + 1], 'pids.max of the root control group')
  }
  const [first, ...others] = uses
  const tightest = others.reduce(
    (worst, use) => (use.used / use.limit > worst!.used / worst!.limit ? use : worst),
    first,
  )
  return understood('/proc/sys/kernel/pid_max', texts[0] ?? '', tightest, '32768')
}

async function readLoad(host: Host): Promise<Load> {
  const loadavg = await host.files.readText('/proc/loadavg')
  const tasks = understood('/proc/loadavg', loadavg, parseTasks(loadavg), '0.17 0.13 0.10 1/99 11608')
  const stat = await host.files.readText('/proc/stat')
  return { ...tasks, blocked: understood('/proc/stat', stat, parseBlocked(stat), 'procs_blocked 0') }
}

/**
 * A process in uninterruptible sleep adds 1 to the load, and one that waits for a disk is counted as blocked: while both
 * are low, no process can have been blocked for long, and all of /proc need not be read.
 */
const SUSPICIOUS_LOAD = 0.5

/** @param scan whether to look at each process in any case; else only when the load gives reason to */
export async function readProcesses(host: Host, scan: boolean): Promise<ProcessesReading> {
  const load = await observe(() => readLoad(host))
  const [pids, files] = await Promise.all([
    load.ok ? observe(() => readPidUse(host, load.value.tasks)) : load,
    observe(async () => {
      const text = await host.files.readText('/proc/sys/fs/file-nr')
      return understood('/proc/sys/fs/file-nr', text, parseFileNr(text), '592\\t0\\t2470938')
    }),
  ])
  const suspicious = load.ok && (load.value.blocked > 0 || load.value.load >= SUSPICIOUS_LOAD)
  if (!scan && load.ok && !suspicious) return { pids, files, scan: undefined }
  return { pids, files, scan: load.ok ? await observe(() => scanProcesses(host)) : load }
}
