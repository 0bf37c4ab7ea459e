/** Whom the kernel killed for want of memory: control groups and pods by their counters, processes by the kernel's log. */

import { type Host, HostExecError } from '#host'
import { count, observe } from '#monitor-kit/source'

/** Kills since boot by control group, "/kubepods.slice/…"; only those that have any. */
export type GroupKills = ReadonlyMap<string, number>

export interface Killed {
  readonly groups: GroupKills
  /** Names of pods and containers, by what stands in the path of their group. */
  readonly names: ReadonlyMap<string, string>
  /** "java (4711)", the last ones of the kernel's log; none where it may not be read, as in an unprivileged container. */
  readonly processes: readonly LoggedKill[]
}

export interface LoggedKill {
  readonly sinceBootMs: number
  readonly process: string
  /** The control group that the kernel's log names beside it; "" where it does not. */
  readonly group: string
}

/** Version 2 counts below the group too, and keeps what a group that is gone added; version 1 counts the group alone. */
const HIERARCHIES = [
  { root: '/sys/fs/cgroup', file: 'memory.events' },
  { root: '/sys/fs/cgroup/memory', file: 'memory.oom_control' },
] as const

/** A node of 250 pods has about a thousand groups. */
const GROUPS_MAX = 4096
const DEPTH_MAX = 8

/** Files that stand in each group's folder: by their first word. */
const FILES =
  /^(blkio|cgroup|cpu|cpuacct|cpuset|devices|dmem|freezer|hugetlb|io|irq|memory|misc|net_cls|net_prio|notify_on_release|perf_event|pids|rdma|release_agent|tasks)([._]|$)/

/** memory.events and memory.oom_control: "oom_kill 2" */
export function parseGroupKills(text: string): number | undefined {
  return count(/^oom_kill (\d+)$/m.exec(text)?.[1])
}

async function foldersOf(host: Host, path: string): Promise<string[]> {
  const names = await observe(() => host.files.list(path))
  return names.ok ? names.value.filter((name) => !FILES.test(name)).map((name) => `${path}/${name}`) : []
}

/** All groups, level by level. What cannot be read, or is gone meanwhile, is left out. */
export async function readGroupKills(host: Host): Promise<GroupKills> {
  const kills = new Map<string, number>()
  for (const { root, file } of HIERARCHIES) {
    let level = await foldersOf(host, root)
    let left = GROUPS_MAX
    for (let depth = 0; depth < DEPTH_MAX && level.length > 0 && left > 0; depth++) {
      const texts = await host.files.readEach(level.map((path) => `${path}/${file}`))
      const groups = level.filter((_, index) => texts[index] !== undefined).slice(0, left)
      left -= groups.length
      for (const [index, path] of level.entries()) {
        const killed = parseGroupKills(texts[index] ?? '') ?? 0
        if (killed > 0) kills.set(path.slice(root.length), killed)
      }
      level = (await Promise.all(groups.map((path) => foldersOf(host, path)))).flat()
    }
    if (kills.size > 0) return kills
  }
  return kills
}

/** The pod's uid and the container's id in a group's path; undefined where there is none. */
export function partsOfGroup(path: string): { uid: string | undefined; container: string | undefined } {
  const uid = /pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?=[./]|$)/.exec(path)?.[1]
  const container = /([0-9a-f]{64})(?:\.scope)?$/.exec(path)?.[1]
  return { uid: uid?.replaceAll('_', '-'), container }
}

const POD_FOLDER = /^([a-z0-9.-]+)_([a-z0-9.-]+)_([a-z0-9-]+)$/
const CONTAINER_LOG = /^([a-z0-9.-]+)_([a-z0-9.-]+)_([a-z0-9.-]+)-([0-9a-f]{64})\.log$/

/** What the kubelet names its folders of logs after; a node that shows none of them has uids and ids only. */
async function readNames(host: Host): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  const [pods, containers] = await Promise.all(
    ['/var/log/pods', '/var/log/containers'].map((path) => observe(() => host.files.list(path))),
  )
  for (const entry of pods?.ok ? pods.value : []) {
    const [, namespace, pod, uid] = POD_FOLDER.exec(entry) ?? []
    if (uid !== undefined) names.set(uid, `pod ${namespace}/${pod}`)
  }
  for (const entry of containers?.ok ? containers.value : []) {
    const [, pod, namespace, container, id] = CONTAINER_LOG.exec(entry) ?? []
    if (id !== undefined) names.set(id, `container ${container} of pod ${namespace}/${pod}`)
  }
  return names
}

const LOG_LINE = /^\[ *(\d+\.\d+)\] .*[Kk]illed process (\d+) \((.*?)\),? (?:total-vm|UID)/

const LOG_GROUP = /oom-kill:.*,task_memcg=(\/[^,]*),.*,pid=(\d+),/

/** "[ 9265.57] Memory cgroup out of memory: Killed process 4711 (java) total-vm:…" */
export function parseKernelLog(text: string): LoggedKill[] {
  const groups = new Map<string, string>()
  return text.split('\n').flatMap((whole) => {
    const line = whole.slice(0, 1024)
    const [, group, victim] = LOG_GROUP.exec(line) ?? []
    if (group !== undefined && victim !== undefined) groups.set(victim, group)
    const [, seconds, pid = '', name] = LOG_LINE.exec(line) ?? []
    return seconds === undefined
      ? []
      : [{ sinceBootMs: Math.round(Number(seconds) * 1000), process: `${name} (${pid})`, group: groups.get(pid) ?? '' }]
  })
}

/** By `dmesg`, which takes the right to read the kernel's log. */
async function readProcesses(host: Host, signal: AbortSignal): Promise<LoggedKill[]> {
  try {
    const options = { timeoutMs: 3000, maxOutputBytes: 1_048_576, signal }
    const { exitCode, stdout } = await host.programs.run('dmesg', ['--level=err,info'], options)
    return exitCode === 0 ? parseKernelLog(stdout) : []
  } catch (err) {
    signal.throwIfAborted()
    if (err instanceof HostExecError) return []
    throw err
  }
}

/** Asked only when the kernel's own count grew. */
export async function readKilled(host: Host, signal: AbortSignal): Promise<Killed> {
  const [groups, names, processes] = await Promise.all([
    readGroupKills(host),
    readNames(host),
    readProcesses(host, signal),
  ])
  return { groups, names, processes }
}
