/** What is raised, held against what is mounted: the kernel may not say that something was unmounted, or too early. Pure. */
import type { Instant } from '#model'
import { createHomes } from './homes.ts'
import type { MountMatch } from './matcher.ts'
import { deviceOfEntity } from './mount-lines.ts'
import type { AskedOfMounts, Mounted } from './mounted.ts'
import type { RaisedTable } from './raised.ts'
import type { Raised, Rule, RuleNews } from './types.ts'
import { UNMOUNTING_MS, type Unmounts } from './unmounts.ts'

/** Two looks so far apart or further find it gone: what is mounted may be read before a line of it, and judged behind that. */
const APART_MS = 10_000
/** From its minute on what is held waits so long for a look that says whether it is mounted, and is told then. */
const UNKNOWN_MS = 240_000
/** The clock by which errors are recorded may be set by so much meanwhile. */
const CLOCK_SET_MS = 60_000
const GONE = { reason: 'Unmounted', message: 'its file system is not mounted any more' } as const

/** Looks at what is mounted. */
export interface Looks extends AskedOfMounts {
  looked(mounted: Mounted, now: Instant): readonly RuleNews[]
  /** A line says of a file system that it comes or goes. */
  moved(match: MountMatch): void
}

function keyOf({ type, entity, ruleId }: Raised): string {
  return `${ruleId} ${type} ${entity}`
}

/**
 * Nothing has gone wrong with what is mounted there since the unmount: that went wrong with what was there before. What is held was said
 * within the time of an unmount, and last when it was seen.
 */
function isClean({ driver, entity, seenMonoMs }: Raised, mounted: Mounted, { wall, monoMs }: Instant): boolean {
  const erredAtMs = driver && mounted.get(driver)?.erredAtMs.get(deviceOfEntity(entity) ?? '')
  if (erredAtMs === undefined) return false
  return wall.getTime() - erredAtMs > monoMs - seenMonoMs + UNMOUNTING_MS + CLOCK_SET_MS
}

export function createLooks(rules: readonly Rule[], table: RaisedTable, unmounts: Pick<Unmounts, 'entries'>): Looks {
  const endsByUnmount = new Set(rules.filter(({ recovery }) => recovery.unmounted).map(({ id }) => id))
  const homes = createHomes()
  const isAsked = ({ ruleId, isHeld = false }: Raised): boolean => isHeld || endsByUnmount.has(ruleId)
  /** Since when what is raised was found gone at each look, on the monotonic clock. */
  let gone = new Map<string, number>()
  /** Since when it is due and nobody knows of what is held, on the monotonic clock. */
  let unknown = new Map<string, number>()

  /** What was said right behind an unmount is told where it is mounted all the same: a line that said so may not be there. */
  function settleHeld(mounted: Mounted, now: Instant): RuleNews[] {
    const { monoMs } = now
    const isThereFor = (raised: Raised) => homes.isMounted(raised, mounted) && !isClean(raised, mounted, now)
    const isDue = ({ isHeld, seenMonoMs }: Raised) => isHeld === true && monoMs - seenMonoMs >= UNMOUNTING_MS
    const due = table.all.filter(isDue).map((raised) => ({ raised, isThere: isThereFor(raised) }))
    const open = due.filter(({ isThere }) => isThere === undefined).map(({ raised }) => keyOf(raised))
    unknown = new Map(open.map((key) => [key, unknown.get(key) ?? monoMs]))
    const isTold = (raised: Raised) => monoMs - (unknown.get(keyOf(raised)) ?? monoMs) >= UNKNOWN_MS
    const told = due.filter(({ raised, isThere }) => isThere ?? isTold(raised))
    const news = told.map(({ raised: { isHeld: _held, ...raised } }) => table.put(raised))
    const over = new Set(due.filter(({ isThere }) => isThere === false).map(({ raised }) => raised))
    return [...news.filter((one) => one !== undefined), ...table.end((raised) => over.has(raised), GONE)]
  }

  return {
    get driversAsked() {
      return new Set(table.all.flatMap((raised) => (isAsked(raised) ? (raised.driver ?? []) : [])))
    },
    get devicesHeld() {
      const held = table.all.filter(({ isHeld }) => isHeld === true)
      return new Set(held.flatMap(({ entity }) => deviceOfEntity(entity) ?? []))
    },
    moved({ entity, fileSystem }) {
      if (fileSystem !== undefined) homes.named(entity, fileSystem)
    },
    looked(mounted, now) {
      // Of what was unmounted just now something may be said yet.
      const unmounted = [...unmounts.entries()].map(([entity]) => entity)
      homes.keepOnly(new Set([...table.all.map(({ entity }) => entity), ...unmounted]))
      const held = settleHeld(mounted, now)
      const isGone = (raised: Raised) =>
        raised.isHeld !== true && endsByUnmount.has(raised.ruleId) && homes.isMounted(raised, mounted) === false
      const missing = table.all.filter(isGone).map(keyOf)
      gone = new Map(missing.map((key) => [key, gone.get(key) ?? now.monoMs]))
      const isOver = (raised: Raised) => now.monoMs - (gone.get(keyOf(raised)) ?? now.monoMs) >= APART_MS
      return [...held, ...table.end(isOver, GONE)]
    },
  }
}
