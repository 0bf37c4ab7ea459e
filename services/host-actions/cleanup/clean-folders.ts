/** Deletes files below folders, the oldest first, until the disk is at its limit or nothing is left that may go. */
import type { Clock } from '#clock'
import type { FileFacts, FileId, HeldFolder, HostActs, OpenAmong } from '#host/acts'
import { wordsOf } from '../errors.ts'
import type { Disk, Gauge } from './disk.ts'
import { type Aged, compareAge, createOldest } from './oldest.ts'
import { createReach, type Reach } from './reach.ts'
import type { Report } from './report.ts'
import { type Found, type Way, walk, wayTo } from './walk.ts'

/** So many are kept of what is found; where there are more, folders are gone through again. */
const BATCH = 16_384
/** Which files are open is asked again after so long. */
const OPEN_FOR_MS = 10_000

/** Which files of which folders may go. */
export interface FolderRule {
  /** For people: "logs". */
  readonly what: string
  /** From the host's root. */
  readonly roots: readonly string[]
  /** Whether one of that name may. */
  isWanted(name: string): boolean
  /** When it was last of use, in milliseconds since 1970. */
  timeOf(facts: FileFacts): number
  /** Those that were not of use since then. */
  readonly beforeMs: number
}

/** What a clean-up is done with. */
export interface Cleaning {
  /** Of the attempt. */
  readonly id: string
  readonly acts: Pick<HostActs, 'folders' | 'openAmong'>
  readonly clock: Clock
  readonly disk: Disk
  readonly gauge: Gauge
  /** Folders that are left alone. */
  readonly spared: readonly FileId[]
  readonly report: Report
  /** Nothing more is deleted. */
  readonly stop: AbortSignal
  /** Files that are kept of one look. Default 16,384. */
  readonly batch?: number
}

interface Root {
  readonly path: string
  readonly folder: HeldFolder
  readonly way: Way
}

interface Candidate extends Found, Aged {
  readonly root: Root
}

/** Roots that are folders on the disk. */
async function rootsOf({ roots, what }: FolderRule, { acts, disk, report }: Cleaning): Promise<readonly Root[]> {
  const held: Root[] = []
  for (const path of roots) {
    const folder = await acts.folders.hold(path)
    if ('refused' in folder) {
      const why = folder.refused === 'NOT_A_FOLDER' ? 'it is a link, or no folder, or lies behind one' : folder.refused
      report.line(`${what}: ${path} is left alone: ${why}`)
    } else if (folder.device === disk.device) held.push({ path, folder, way: wayTo(undefined, '', folder) })
    else await folder.close()
  }
  return held
}

/** The oldest below all roots of those that are newer than `after`. */
async function oldest(
  roots: readonly Root[],
  rule: FolderRule,
  cleaning: Cleaning,
  after: Aged | undefined,
): Promise<readonly Candidate[]> {
  const { report, spared, stop, batch = BATCH } = cleaning
  const kept = createOldest<Candidate>(batch)
  const passed = new Map<string, number>()
  const pass = (reason: string): void => void passed.set(reason, (passed.get(reason) ?? 0) + 1)
  for (const root of roots)
    await walk(root.folder, root.way, {
      stop,
      isWanted: rule.isWanted,
      isSpared: (way) => spared.some(({ device, inode }) => device === way.device && inode === way.inode),
      passed: pass,
      found(file) {
        const timeMs = rule.timeOf(file.facts)
        const aged = { timeMs, inode: file.facts.inode }
        if (timeMs >= rule.beforeMs || (after !== undefined && compareAge(aged, after) <= 0)) return
        // To take one of its names away frees nothing.
        if (file.facts.links > 1) pass('files with other names')
        else kept.add({ ...file, ...aged, root })
      },
    })
  for (const [reason, count] of passed) report.passed(`${rule.what}: ${reason}`, count)
  return kept.taken()
}

/** Who has them open, as it was a moment ago. */
function createOpenness({ id, acts, clock, stop }: Cleaning) {
  let said: OpenAmong | undefined
  let saidMs = 0
  return {
    /** Among what is still to go. @throws the signal's reason */
    async among(rest: () => readonly FileId[]): Promise<OpenAmong> {
      if (said !== undefined && clock.monotonicMs() - saidMs < OPEN_FOR_MS) return said
      // Of before its beginning: what was opened while it looked it may have missed.
      saidMs = clock.monotonicMs()
      said = await acts.openAmong(`${id}-open`, rest(), { signal: stop })
      return said
    },
  }
}

/** Takes one away, as far as it is what it was. @returns why it is left; "" where it is gone */
async function remove(file: Candidate, rule: FolderRule, reach: Reach): Promise<string> {
  const folder = await reach(file.root.folder, file.way)
  if (folder === undefined) return 'folders that were moved'
  const now = await folder.look(file.name)
  const isSame = now?.kind === 'file' && now.inode === file.facts.inode && now.device === file.facts.device
  if (!isSame || now.links > 1 || rule.timeOf(now) !== file.timeMs) return 'files that were changed meanwhile'
  await folder.unlink(file.name)
  return ''
}

/** @returns whether there may be more to delete */
async function removeAll(
  batch: readonly Candidate[],
  rule: FolderRule,
  cleaning: Cleaning,
  reach: Reach,
): Promise<boolean> {
  const { gauge, report, stop } = cleaning
  const openness = createOpenness(cleaning)
  for (const [index, file] of batch.entries()) {
    if (gauge.missing.bytes <= 0 && gauge.missing.files <= 0 && (await gauge.isDone(stop))) return false
    const open = await openness.among(() => batch.slice(index).map(({ facts }) => facts))
    if (stop.aborted) return false
    if (open.kind === 'unknown') {
      report.stuck(rule.what, `nobody knows which files are open: ${open.message}`)
      return false
    }
    if (open.isOpen(file.facts)) {
      report.left(`${rule.what}: open files`)
      continue
    }
    try {
      const why = await remove(file, rule, reach)
      if (why !== '') report.left(`${rule.what}: ${why}`)
      else {
        report.deleted([file.root.path, ...reach.namesOf(file.way)].join('/'), file.name, file.facts.bytes)
        gauge.freed(file.facts.bytes)
      }
    } catch (err) {
      report.left(`${rule.what}: ${wordsOf(err).split(',')[0]}`)
    }
  }
  return !(await gauge.isDone(stop))
}

/** Until the disk is at its limit, nothing is left that may go, or it is told to stop. */
export async function cleanFolders(rule: FolderRule, cleaning: Cleaning): Promise<void> {
  const { stop, batch: most = BATCH } = cleaning
  const roots = await rootsOf(rule, cleaning)
  const reach = createReach()
  try {
    let after: Aged | undefined
    while (roots.length > 0 && !stop.aborted) {
      const batch = await oldest(roots, rule, cleaning, after)
      if (stop.aborted || batch.length === 0) return
      if (!(await removeAll(batch, rule, cleaning, reach)) || batch.length < most) return
      after = batch.at(-1)
    }
  } finally {
    await reach.close()
    for (const { folder } of roots) await folder.close()
  }
}
