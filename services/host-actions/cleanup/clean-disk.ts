/** A whole clean-up: the journal, old logs, temporary files, images, one after another until the disk is at its limit. */
import { stat } from 'node:fs/promises'
import type { FileId } from '#host/acts'
import type { Tools } from '../actions/types.ts'
import { wordsOf } from '../errors.ts'
import { type Cleaning, cleanFolders, type FolderRule } from './clean-folders.ts'
import { createGauge, type Disk } from './disk.ts'
import { cleanImages } from './images.ts'
import { vacuumJournal } from './journal.ts'
import type { CleanupParameters } from './parameters.ts'
import type { Report } from './report.ts'
import { isRotatedLog } from './rotated.ts'
import type { Ages } from './wall-steps.ts'

/** How it is done. */
export interface CleanDiskOptions {
  /** Of the attempt. */
  readonly id: string
  readonly report: Report
  readonly stop: AbortSignal
  readonly tools: Tools
}

/** Which files may go, in the order in which they do. Pure. */
export function rulesOf(parameters: CleanupParameters, ages: Pick<Ages, 'beforeMs'>): readonly FolderRule[] {
  const { logRoots, logsOlderThanMs, tempRoots, tempOlderThanMs } = parameters
  return [
    {
      what: 'logs',
      roots: logRoots,
      isWanted: isRotatedLog,
      // To rotate others changes their names, and with these the time of their last change.
      timeOf: ({ writtenMs }) => writtenMs,
      beforeMs: ages.beforeMs(logsOlderThanMs),
    },
    {
      what: 'temporary files',
      roots: tempRoots,
      isWanted: () => true,
      timeOf: ({ touchedMs }) => touchedMs,
      beforeMs: ages.beforeMs(tempOlderThanMs),
    },
  ]
}

/** Our own folders, by whatever way they are reached. */
async function ownFolders(paths: readonly string[]): Promise<readonly FileId[]> {
  const facts = await Promise.all(paths.map((path) => stat(path, { bigint: true }).catch(() => undefined)))
  return facts.flatMap((each) => (each === undefined ? [] : [{ device: each.dev, inode: each.ino }]))
}

/** How old files are, as far as that is believed; undefined: nobody knows, which is told. */
async function agesOf(parameters: CleanupParameters, report: Report, { wallClock }: Tools): Promise<Ages | undefined> {
  const { logsOlderThanMs, tempOlderThanMs } = parameters
  try {
    const ages = await wallClock.look()
    const doubtMs = Math.max(ages.doubtMs(logsOlderThanMs), ages.doubtMs(tempOlderThanMs))
    if (doubtMs > 0)
      report.line(
        `the clock was set forward by ${Math.ceil(doubtMs / 60_000)} min: files may be as much younger than they look`,
      )
    return ages
  } catch (err) {
    report.stuck('files', `nobody knows whether the clock was set: ${wordsOf(err)}`)
    return undefined
  }
}

/** @throws the stop signal's reason, and what the file system says of the disk itself */
export async function cleanDisk(
  parameters: CleanupParameters,
  disk: Disk,
  { id, report, stop, tools }: CleanDiskOptions,
): Promise<void> {
  const { acts, clock, ownDirs } = tools
  const gauge = await createGauge(disk, parameters.untilUsedPercent, clock)
  const spared = await ownFolders(ownDirs)
  const cleaning: Cleaning = { id, acts, clock, disk, gauge, spared, report, stop }
  await vacuumJournal(parameters.journalMaxBytes, cleaning, acts)
  const ages = await agesOf(parameters, report, tools)
  for (const rule of ages === undefined ? [] : rulesOf(parameters, ages)) {
    if (stop.aborted || (await gauge.isDone(stop))) return
    await cleanFolders(rule, cleaning)
  }
  if (parameters.images && !stop.aborted && !(await gauge.isDone(stop))) await cleanImages(cleaning, tools)
}
