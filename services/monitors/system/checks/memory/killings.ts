/** What is told of processes that the kernel killed for want of memory. Pure. */
import type { Happening } from '#monitor-kit'
import { growth } from '../../counters.ts'
import { plural } from '../../units.ts'
import { type GroupKills, type Killed, type LoggedKill, partsOfGroup } from './oom.ts'

/** What one check knows of killings for the next; facts of this boot, so also for the next process. */
export interface KillsMemory {
  /** Since boot; undefined: not looked yet. */
  readonly total?: number | undefined
  readonly groups: GroupKills
  /** When that was, on the clock that the kernel's log has. */
  readonly monoMs: number
}

export const FIRST_KILLS: KillsMemory = { groups: new Map(), monoMs: 0 }

/** Named in one message. */
const NAMED_MAX = 3
/** The log's clock and ours differ a little. */
const CLOCKS_DIFFER_MS = 2000
/** Groups that are remembered beyond the process: those that were killed in most. */
const REMEMBERED_MAX = 150

/** The groups themselves in which something was killed since: in version 2 a group counts those below it too. */
export function grownGroups(before: GroupKills, now: GroupKills): readonly string[] {
  const grown = new Map([...now].map(([path, kills]) => [path, kills - (before.get(path) ?? 0)]))
  const own = new Map(grown)
  for (const [path, kills] of grown) {
    const above = path.slice(0, path.lastIndexOf('/'))
    if (kills > 0 && grown.has(above)) own.set(above, (own.get(above) ?? 0) - kills)
  }
  return [...own].filter(([, kills]) => kills > 0).map(([path]) => path)
}

/** "container app of pod shop/web-0", or what else is known of the group. */
export function nameOfGroup(path: string, names: Killed['names']): string {
  const { uid, container } = partsOfGroup(path)
  const pod = uid === undefined ? undefined : (names.get(uid) ?? `the pod with uid ${uid}`)
  if (container !== undefined) {
    const short = `container ${container.slice(0, 12)}`
    return names.get(container) ?? (pod === undefined ? short : `${short} of ${pod}`)
  }
  return pod ?? `control group ${path}`
}

function listed(words: readonly string[]): string {
  const more = words.length > NAMED_MAX ? [`${words.length - NAMED_MAX} more`] : []
  return [...words.slice(0, NAMED_MAX), ...more].join(', ')
}

/** The last ones since the last look, at most as many as the kernel counted. */
function processesOf(log: readonly LoggedKill[], killed: number, sinceMs: number): readonly string[] {
  return log
    .filter(({ sinceBootMs }) => sinceBootMs >= sinceMs - CLOCKS_DIFFER_MS)
    .slice(-killed)
    .map(({ process }) => process)
}

/** The kernel's killings since the last check. What was before the first one of this boot is nobody's news. */
export function killings(before: KillsMemory, now: number, killed: Killed | undefined): readonly Happening[] {
  const number = growth(before.total, now) ?? 0
  if (number === 0) return []
  const who = killed === undefined ? [] : processesOf(killed.processes, number, before.monoMs)
  const where = killed === undefined ? [] : grownGroups(before.groups, killed.groups)
  const names = killed === undefined ? [] : [...new Set(where.map((path) => nameOfGroup(path, killed.names)))]
  const message = [
    `the kernel killed ${plural(number, 'process', 'processes')} for want of memory`,
    who.length > 0 ? `: ${listed(who)}` : '',
    names.length > 0 ? `, in ${listed(names)}` : '',
  ].join('')
  return [{ reason: 'OOMKill', severity: 'warning', message, count: number }]
}

/** For the next process of this boot. */
export function killFacts({ total, groups, monoMs }: KillsMemory) {
  const worst = [...groups].sort((a, b) => b[1] - a[1]).slice(0, REMEMBERED_MAX)
  return { total, groups: Object.fromEntries(worst), monoMs }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** What an earlier process of this boot knew; nothing where the facts make no sense. */
export function recallKills(facts: unknown): KillsMemory {
  const { total, groups, monoMs } = (facts ?? {}) as Record<string, unknown>
  if (!isCount(total) || typeof monoMs !== 'number' || typeof groups !== 'object' || groups === null) return FIRST_KILLS
  const known = Object.entries(groups).filter((entry): entry is [string, number] => isCount(entry[1]))
  return { total, groups: new Map(known.slice(0, REMEMBERED_MAX)), monoMs }
}
