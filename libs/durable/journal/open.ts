import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { isOutOfRoom } from '../errors.ts'
import {
  checkRoom,
  closeFiles,
  fillFiles,
  isInPlace,
  type JournalFiles,
  openFiles,
  readUpTo,
  SEGMENT_NAMES,
} from './files.ts'
import { MAX_BODY_BYTES } from './frame.ts'
import { begin, closeSegment, type Journal, type JournalShape, journalOf, stateMaxBytes, type Tip } from './journal.ts'
import { readSegment, type Segment } from './segment.ts'
import { type ReadSegment, type Standing, standingOf } from './standing.ts'

const SEGMENT_BYTES = 8 * 1024 ** 2

/** Where a journal is, and whose. */
export interface JournalOptions<R> {
  /** Its folder: two files, `journal.0` and `journal.1`. It has one writer. */
  readonly dir: string
  /** Claims the first file, open, for this process until it is closed; says why it cannot be had, "": it is claimed. Default: nobody else writes. */
  readonly claim?: (fd: number) => Promise<string>
  /** Of the machine: a journal that was copied to another one counts for nothing there. */
  readonly identity: string
  /** Other names of the same machine: a journal of one of them goes on as it is. Default: none. */
  readonly formerly?: readonly string[]
  /** Of each of its two files, in bytes. Default 8 MiB. A journal that stands keeps the size that it was begun with. */
  readonly segmentBytes?: number
  /** Is handed every record that is still there, oldest first, before the journal is open: what the state was made of is gone at times. `bytes`: as it is encoded. */
  readonly visit?: (record: R, sequence: number, bytes: number) => void
  /** Only the last so many are visited. Default: all. */
  readonly visitMax?: number
}

/** What came of opening a journal. */
export type JournalOpening<R, S> =
  | {
      readonly kind: 'open'
      readonly journal: Journal<R, S>
      /** `begun`: there was none. */
      readonly how: 'begun' | 'continued'
      /** A record that was being written when its last process ended was cut off. */
      readonly isTorn: boolean
      /** Records that came to nothing when they were counted, and those of a kind that only a later version knows: they are left out. */
      readonly uncounted: number
    }
  /**
   * `damaged`: before its end; what it forgot nobody knows. `foreign`: of another machine. `later`: of a later version, whose records are not
   * to be passed over. `taken`: of another process. `no-room`: there is none, and its disk has no room for one. `message`: for people, with the file.
   */
  | { readonly kind: 'unusable'; readonly why: Unusable; readonly message: string }

type Unusable = 'damaged' | 'foreign' | 'later' | 'taken' | 'no-room'

type Stands = Extract<Standing, { readonly kind: 'stands' }>

/** What is read of the files, and no byte more is kept of them than that. */
async function segmentsOf({ files }: JournalFiles, maxBytes: number): Promise<[Segment, Segment]> {
  return [readSegment(await readUpTo(files[0], maxBytes)), readSegment(await readUpTo(files[1], maxBytes))]
}

async function begun<R, S>(
  shape: JournalShape<R, S>,
  files: JournalFiles,
  options: JournalOptions<R>,
): Promise<Journal<R, S>> {
  const { dir, identity, segmentBytes = SEGMENT_BYTES } = options
  await checkRoom(dir, files, segmentBytes)
  await fillFiles(dir, files, segmentBytes)
  const salt = randomBytes(4).readUInt32LE()
  const journal = randomBytes(8).toString('hex')
  const header = { journal, identity, epoch: 1, bytes: segmentBytes, salt, minReader: shape.minReader ?? 1 }
  const start = { segment: 0, header, last: { sequence: 0, crc: 0 } } as const
  const tip = await begin(files.files[0], start, shape.encodeState(shape.empty, stateMaxBytes(segmentBytes)))
  return journalOf(shape, files, { tip, state: shape.empty })
}

/** Hands on the records of both files, oldest first; of the one that is history those that can be read. */
function visitAll<R, S>(
  shape: JournalShape<R, S>,
  segments: readonly (ReadSegment | undefined)[],
  { visit, visitMax = Number.POSITIVE_INFINITY }: Pick<JournalOptions<R>, 'visit' | 'visitMax'>,
): void {
  if (visit === undefined || visitMax <= 0) return
  const frames = segments.flatMap((segment) => segment?.content.records ?? [])
  for (const { body, sequence } of frames.slice(-Math.min(visitMax, frames.length))) {
    const record = decoded(shape, body)
    if (record !== undefined) visit(record.value, sequence, body.length)
  }
}

function decoded<R, S>(shape: JournalShape<R, S>, body: Uint8Array): { readonly value: R } | undefined {
  try {
    return { value: shape.decode(body) }
  } catch {
    return undefined
  }
}

/** A state, and how many records came to nothing: whoever wrote those did not count them either. */
interface Counted<S> {
  readonly state: S
  readonly uncounted: number
}

type Frames = ReadSegment['content']['records']

/** How many records were passed over so far. */
interface Tally {
  passed: number
}

/** @throws what decoding throws of a record that nothing stands in for */
function decodedOr<R, S>({ decode, standIn }: JournalShape<R, S>, body: Uint8Array, tally: Tally): R {
  try {
    return decode(body)
  } catch (err) {
    const other = standIn?.(body)
    if (other === undefined) throw err
    tally.passed++
    return other
  }
}

function* decodedAll<R, S>(shape: JournalShape<R, S>, frames: Frames, tally: Tally): Iterable<R> {
  for (const { body } of frames) yield decodedOr(shape, body, tally)
}

/** Record by record, without those whose fold throws. @throws what decoding throws */
function foldAll<R, S>(shape: JournalShape<R, S>, begun: S, frames: Frames): Counted<S> {
  const tally = { passed: 0 }
  let state = begun
  let uncounted = 0
  for (const record of decodedAll(shape, frames, tally)) {
    try {
      state = shape.fold(state, record)
    } catch {
      uncounted++
    }
  }
  return { state, uncounted: uncounted + tally.passed }
}

function countedAll<R, S>(shape: JournalShape<R, S>, begun: S, frames: Frames): Counted<S> {
  const tally = { passed: 0 }
  try {
    if (shape.replay !== undefined)
      return { state: shape.replay(begun, decodedAll(shape, frames, tally)), uncounted: tally.passed }
  } catch {
    // Which of them it was is found one by one.
  }
  return foldAll(shape, begun, frames)
}

/** The state of the file in use, after its records; undefined where one of them is none of ours, whatever its checksum. */
function stateOf<R, S>(shape: JournalShape<R, S>, { content }: ReadSegment): Counted<S> | undefined {
  try {
    return countedAll(shape, shape.decodeState(content.state.body), content.records)
  } catch {
    return undefined
  }
}

/** What is half written at the end goes: nothing of it may stand behind the next record. */
async function cut(files: JournalFiles, tip: Tip): Promise<void> {
  const room = Math.min(tip.header.bytes - tip.at, MAX_BODY_BYTES)
  const file = files.files[tip.segment]
  await file.write(Buffer.alloc(room), 0, room, tip.at)
  await file.datasync()
}

async function continued<R, S>(
  shape: JournalShape<R, S>,
  files: JournalFiles,
  { standing, state, options }: { readonly standing: Stands; readonly state: S; readonly options: JournalOptions<R> },
): Promise<Journal<R, S>> {
  const { current, former, isFormerOpen } = standing
  const { header, content } = current.segment
  visitAll(shape, [former, current.segment], options)
  const tip: Tip = { segment: current.index, header, at: content.end, last: content.last }
  const journal = journalOf(shape, files, { tip, state })
  await fillFiles(options.dir, files, header.bytes)
  if (content.isTorn) await cut(files, tip)
  if (former !== undefined && isFormerOpen) {
    const segment = current.index === 0 ? 1 : 0
    await closeSegment(files.files[segment], {
      segment,
      header: former.header,
      at: former.content.end,
      last: former.content.last,
    })
  }
  return journal
}

function unusable<R, S>(why: Unusable, message: string): JournalOpening<R, S> {
  return { kind: 'unusable', why, message }
}

/** Where there is no room for all of it none is taken: nothing stands there that could be lost. */
async function begunWhereRoomIs<R, S>(
  shape: JournalShape<R, S>,
  files: JournalFiles,
  options: JournalOptions<R>,
): Promise<JournalOpening<R, S>> {
  try {
    const journal = await begun(shape, files, options)
    return { kind: 'open', journal, how: 'begun', isTorn: false, uncounted: 0 }
  } catch (err) {
    if (!isOutOfRoom(err)) throw err
    for (const file of files.files) if ((await file.stat()).size > 0) await file.truncate(0)
    const [first] = SEGMENT_NAMES
    const why = err instanceof Error ? err.message : String(err)
    return unusable('no-room', `cannot begin ${join(options.dir, first)}: ${why}`)
  }
}

async function opened<R, S>(
  shape: JournalShape<R, S>,
  files: JournalFiles,
  options: JournalOptions<R>,
): Promise<JournalOpening<R, S>> {
  const { dir, identity, formerly = [], segmentBytes = SEGMENT_BYTES } = options
  const standing = standingOf(await segmentsOf(files, Math.max(segmentBytes, SEGMENT_BYTES)))
  if (standing.kind === 'nothing') return begunWhereRoomIs(shape, files, options)
  const pathOf = (index: 0 | 1): string => join(dir, SEGMENT_NAMES[index])
  if (standing.kind === 'damaged') return unusable('damaged', `cannot use ${pathOf(standing.index)}: ${standing.why}`)
  const { index, segment } = standing.current
  const of = segment.header.identity
  if (of !== identity && !formerly.includes(of))
    return unusable('foreign', `cannot use ${pathOf(index)}: it is of machine ${of}, this is ${identity}`)
  const { minReader } = segment.header
  const { reader = 1 } = shape
  if (minReader > reader)
    return unusable(
      'later',
      `cannot use ${pathOf(index)}: a later version wrote it, and asks for a reader ${minReader}; this one is ${reader}: use a later version`,
    )
  const read = stateOf(shape, segment)
  if (read === undefined)
    return unusable(
      'damaged',
      `cannot use ${pathOf(index)}: it holds what this version cannot read; a later one wrote it, or it is damaged`,
    )
  const journal = await continued(shape, files, { standing, state: read.state, options })
  return { kind: 'open', journal, how: 'continued', isTorn: segment.content.isTorn, uncounted: read.uncounted }
}

async function whyNotClaimed<R>(files: JournalFiles, { dir, claim }: JournalOptions<R>): Promise<string> {
  if (claim === undefined) return ''
  const why = await claim(files.files[0].fd)
  return why !== '' || (await isInPlace(dir, files)) ? why : 'it was taken away meanwhile'
}

/**
 * Opens a journal, or begins one where there is none: its files take their whole room at once. What a kill or a power cut left half
 * written at its end is cut off; damage before that is told, and nothing is changed then.
 * @throws NotPlainFileError, or what the file system says
 */
export async function openJournal<R, S>(
  shape: JournalShape<R, S>,
  options: JournalOptions<R>,
): Promise<JournalOpening<R, S>> {
  const files = await openFiles(options.dir)
  try {
    const why = await whyNotClaimed(files, options)
    const [first] = SEGMENT_NAMES
    const opening =
      why === ''
        ? await opened(shape, files, options)
        : unusable<R, S>('taken', `cannot use ${join(options.dir, first)}: ${why}`)
    if (opening.kind === 'unusable') await closeFiles(files)
    return opening
  } catch (err) {
    await closeFiles(files)
    throw err
  }
}
