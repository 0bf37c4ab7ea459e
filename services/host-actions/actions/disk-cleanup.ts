import { stat } from 'node:fs/promises'
import type { ActFigure } from '#model'
import { cleanDisk } from '../cleanup/clean-disk.ts'
import { type Disk, diskAt, shownUsage } from '../cleanup/disk.ts'
import { imagesOn } from '../cleanup/images.ts'
import { type CleanupParameters, parseCleanup } from '../cleanup/parameters.ts'
import { createReport, type Report, shownBytes } from '../cleanup/report.ts'
import { isNone, missingTo } from '../cleanup/usage.ts'
import { stopOf } from './stop.ts'
import { nameOf } from './target.ts'
import type { Action, Attempt, Ended, Tools } from './types.ts'

/** Of the attempt's time so much is left for what comes after the last file. */
const AFTER_MS = 3_000
/** Behind its time a disk that answers nothing is waited for so long. */
const HUNG_MS = 2_000

type Space = Awaited<ReturnType<Disk['space']>>

/** Why the disk is not cleaned up now; "" where it may be. */
async function whyNot(disk: Disk, parameters: CleanupParameters, tools: Tools): Promise<string> {
  const { folders } = tools.acts
  const { untilUsedPercent } = parameters
  const space = await disk.space()
  if (isNone(missingTo(space, untilUsedPercent)))
    return `${disk.path} is at ${shownUsage(space)}, and is cleaned up to ${untilUsedPercent} %`
  const { logRoots, tempRoots } = parameters
  const isOn = async (path: string): Promise<boolean> => {
    const folder = await folders.hold(path)
    if ('refused' in folder) return false
    await folder.close()
    return folder.device === disk.device
  }
  if (await isOn('/var/log/journal')) return ''
  let why = `no folder that may be cleaned up lies on the disk of ${disk.path}`
  for (const path of [...logRoots, ...tempRoots]) {
    if (!(await isOn(path))) continue
    // Nothing is deleted there then, which would be a failure that anybody could have foretold.
    const unknown = await tools.whyOpenUnknown()
    if (unknown === '') return ''
    why = `nobody knows which files are open: ${unknown}`
    break
  }
  const images = parameters.images ? await imagesOn(disk, tools) : 'images are not to be removed'
  return typeof images === 'string' ? `${why}; ${images}` : ''
}

function figuresOf(path: string, before: Space, after: Space): readonly ActFigure[] {
  const figure = (what: string, key: 'availableBytes' | 'filesFree', unit: string): ActFigure => ({
    what: `${what} on ${path}`,
    before: before[key],
    after: after[key],
    unit,
  })
  const bytes = figure('free', 'availableBytes', 'bytes')
  return before.files === 0 ? [bytes] : [bytes, figure('free inodes', 'filesFree', 'inodes')]
}

/** What a clean-up is done for, and with. */
interface Work {
  readonly disk: Disk
  readonly parameters: CleanupParameters
  readonly report: Report
  readonly stop: AbortSignal
}

function whyStopped({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : ''
}

/** Why the disk is not at its limit: what is not known goes before what is not there, since a person can mend it. */
function whyNoMore({ report, stop }: Work): string {
  if (stop.aborted) return whyStopped(stop)
  return report.whyStuck === '' ? 'nothing is left that may go' : report.whyStuck
}

function endedOf(work: Work, before: Space, after: Space): Ended {
  const { disk, parameters, report } = work
  const { untilUsedPercent } = parameters
  const isDone = isNone(missingTo(after, untilUsedPercent))
  const did = `${report.files} files deleted, ${shownBytes(report.bytes)}`
  const rest = isDone ? '' : `; ${whyNoMore(work)}`
  return {
    outcome: isDone ? 'succeeded' : 'failed',
    message: `${disk.path} is at ${shownUsage(after)}, was at ${shownUsage(before)}, limit ${untilUsedPercent} %: ${did}${rest}`,
    figures: figuresOf(disk.path, before, after),
    ...report.output(),
  }
}

/** Holds the disk open until nothing is done on it any more, whoever still waits. */
async function worked(work: Work, id: string, tools: Tools): Promise<Ended> {
  await using disk = work.disk
  const before = await disk.space()
  try {
    await cleanDisk(work.parameters, disk, { id, report: work.report, stop: work.stop, tools })
  } catch (err) {
    if (!work.stop.aborted) throw err
  }
  return endedOf(work, before, await disk.space())
}

/** Ends with the attempt's time, with its being called off, and with this process; a disk that answers nothing is left behind then. */
async function clean(disk: Disk, parameters: CleanupParameters, attempt: Attempt, tools: Tools): Promise<Ended> {
  const { id, deadlineMs, signal } = attempt
  const { clock } = tools
  using ending = stopOf(attempt, tools, AFTER_MS)
  const { stop } = ending
  const hung = Promise.withResolvers<undefined>()
  const callOff = clock.after(Math.max(1_000, deadlineMs - AFTER_MS) + HUNG_MS, () => hung.resolve(undefined))
  const report = createReport()
  try {
    const ended = await Promise.race([worked({ disk, parameters, report, stop }, id, tools), hung.promise])
    signal.throwIfAborted()
    return (
      ended ?? { outcome: 'lost', message: `its time was over, and ${disk.path} does not answer`, ...report.output() }
    )
  } finally {
    callOff()
  }
}

/** One that was begun by a process that is gone: how the disk stands tells. */
async function rejoined(disk: Disk, { untilUsedPercent }: CleanupParameters): Promise<Ended> {
  const space = await disk.space()
  const isDone = isNone(missingTo(space, untilUsedPercent))
  const state = `${disk.path} is at ${shownUsage(space)}, limit ${untilUsedPercent} %`
  return { outcome: isDone ? 'succeeded' : 'lost', message: `${state}; the process that cleaned it up has ended` }
}

/** Whether it is the disk on which the remediator's journal lies, by the number that the kernel has for it. */
async function holdsJournal({ path, device }: Disk, { journalDir }: Tools): Promise<string> {
  const found = await stat(journalDir, { bigint: true }).catch(() => undefined)
  if (found === undefined)
    return `${journalDir} is not to be seen: whether the journal lies on the disk of ${path} is not known`
  return found.dev === device
    ? ''
    : `the journal of repairs has no room, and does not lie on the disk of ${path}: to clean up that one frees none for it`
}

export const diskCleanup: Action = {
  strategy: 'disk-cleanup',
  description: 'Deletes old logs, temporary files and images until a disk is at its limit',
  async refusal({ target, parameters }, tools) {
    // The sooner a clock that was set is seen, the sooner files are as old as they look again.
    await tools.wallClock.look().catch(() => undefined)
    const disk = await diskAt(tools.host, tools.acts.folders, nameOf(target))
    if (typeof disk === 'string') return disk
    await using _ = disk
    return await whyNot(disk, parseCleanup(parameters), tools)
  },
  async unrecorded({ target }, tools) {
    const disk = await diskAt(tools.host, tools.acts.folders, nameOf(target))
    if (typeof disk === 'string') return disk
    await using _ = disk
    return await holdsJournal(disk, tools)
  },
  async run(attempt, tools) {
    const parameters = parseCleanup(attempt.act.parameters)
    const found = await diskAt(tools.host, tools.acts.folders, nameOf(attempt.act.target))
    if (typeof found === 'string') return { outcome: 'declined', message: found }
    if (attempt.recalled !== undefined) {
      await using disk = found
      return await rejoined(disk, parameters)
    }
    await attempt.note({})
    return clean(found, parameters, attempt, tools)
  },
}
