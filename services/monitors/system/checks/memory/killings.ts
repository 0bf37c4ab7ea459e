/** What is told of processes that the kernel killed for want of memory. Pure. */

import type { Happening } from '#monitor-kit'
import { growth, plural } from '#monitor-kit/evaluate'
import { type GroupKills, type Killed, partsOfGroup } from './oom.ts'

/** What one check knows of killings for the next; facts of this boot, so also for the next process. */
export interface KillsMemory {
  /** Since boot; undefined: not looked yet. */
  readonly total?: number | undefined
  readonly groups: GroupKills
  /** When that was, on the clock that the kernel's log has. */
  readonly monoMs: number
}

export const FIRST_KILLS: KillsMemory = { groups: new Map(), monoMs: 0 }

/** Groups that are told one by one at a time. */
const GROUPS_TOLD_MAX = 8
/** Named in one message. */
const NAMED_MAX = 3
/** The log's clock and ours differ a little. */
const CLOCKS_DIFFER_MS = 2000
/** Groups that are remembered beyond the process: those that were killed in most. */
const REMEMBERED_MAX = 150

/** The groups themselves in which something was killed since, and how many; in version 2 a group counts those below it too. */
export function grownGroups(before: GroupKills, now: GroupKills): ReadonlyMap<string, number> {
  const grown = new Map([...now].map(([path, kills]) => [path, kills - (before.get(path) ?? 0)]))
  const own = new Map(grown)
  for (const [path, kills] of grown) {
    const above = path.slice(0, path.lastIndexOf('/'))
    if (kills > 0 && grown.has(above)) own.set(above, (own.get(above) ?? 0) - kills)
  }
  return new Map([...own].filter(([, kills]) => kills > 0))
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

/** The pod that a group belongs to, as an entity: "pod:shop/web-0"; "" for what is no pod's. */
function entityOf(path: string, names: Killed['names']): string {
  const { uid } = partsOfGroup(path)
  if (uid === undefined) return ''
  return `pod:${names.get(uid)?.replace(/^pod /, '') ?? uid}`
}

function wordsOf(number: number, processes: readonly string[], where: string): string {
  const who = processes.length > 0 ? `: ${listed(processes)}` : ''
  return `the kernel killed ${plural(number, 'process', 'processes')} for want of memory${who}${where && `, in ${where}`}`
}

function happening(entity: string, number: number, message: string): Happening {
  return { reason: 'OOMKill', severity: 'warning', entity, message, count: number }
}

/** The kernel's killings since the last check, by group. What was before the first one of this boot is nobody's news. */
export function killings(before: KillsMemory, now: number, killed: Killed | undefined): readonly Happening[] {
  const number = growth(before.total, now) ?? 0
  if (number === 0) return []
  const grown = [...(killed === undefined ? [] : grownGroups(before.groups, killed.groups))].slice(0, GROUPS_TOLD_MAX)
  const log = (killed?.processes ?? [])
    .filter(({ sinceBootMs }) => sinceBootMs >= before.monoMs - CLOCKS_DIFFER_MS)
    .slice(-number)
  const names = killed?.names ?? new Map<string, string>()
  const alone = grown.length === 1 && grown[0]?.[1] === number
  const told = grown.map(([path, kills]) => {
    const those = log.filter(({ group }) => alone || group === path || group.startsWith(`${path}/`))
    return happening(
      entityOf(path, names),
      kills,
      wordsOf(
        kills,
        those.map(({ process }) => process),
        nameOfGroup(path, names),
      ),
    )
  })
  const left = number - grown.reduce((sum, [, kills]) => sum + kills, 0)
  if (left <= 0) return told
  const others = log.filter(({ group }) => !grown.some(([path]) => group === path || group.startsWith(`${path}/`)))
  const rest = others.slice(-left).map(({ process }) => process)
  return [...told, happening('', left, wordsOf(left, rest, ''))]
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
