import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { closeFiles, fillFiles, type JournalFiles, openFiles, readUpTo, SEGMENT_NAMES } from './files.ts'
import { MAX_BODY_BYTES } from './frame.ts'
import { begin, closeSegment, type Journal, type JournalShape, journalOf, type Tip } from './journal.ts'
import { readSegment, type Segment } from './segment.ts'
import { type ReadSegment, type Standing, standingOf } from './standing.ts'

const SEGMENT_BYTES = 8 * 1024 ** 2

/** Where a journal is, and whose. */
export interface JournalOptions<R> {
  /** Its folder: two files, `journal.0` and `journal.1`. It has one writer. */
  readonly dir: string
  /** Of the machine: a journal that was copied to another one counts for nothing there. */
  readonly identity: string
  /** Of each of its two files, in bytes. Default 8 MiB. A journal that stands keeps the size that it was begun with. */
  readonly segmentBytes?: number
  /** Is handed every record that is still there, oldest first, before the journal is open: what the state was made of is gone at times. */
  readonly visit?: (record: R, sequence: number) => void
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
    }
  /** `damaged`: before its end; what it forgot nobody knows. `foreign`: of another machine. `message`: for people, with the file. */
  | { readonly kind: 'unusable'; readonly why: 'damaged' | 'foreign'; readonly message: string }

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
  await fillFiles(dir, files, segmentBytes)
  const salt = randomBytes(4).readUInt32LE()
  const header = { journal: randomBytes(8).toString('hex'), identity, epoch: 1, bytes: segmentBytes, salt }
  const start = { segment: 0, header, last: { sequence: 0, crc: 0 } } as const
  const tip = await begin(files.files[0], start, shape.encodeState(shape.empty))
  return journalOf(shape, files, { tip, state: shape.empty })
}

/** Hands on the records of a file, oldest first; of one that is history those that can be read. */
function visitAll<R, S>(
  shape: JournalShape<R, S>,
  segment: ReadSegment | undefined,
  visit: JournalOptions<R>['visit'],
): void {
  if (visit === undefined) return
  for (const { body, sequence } of segment?.content.records ?? []) {
    const record = decoded(shape, body)
    if (record !== undefined) visit(record.value, sequence)
  }
}

function decoded<R, S>(shape: JournalShape<R, S>, body: Uint8Array): { readonly value: R } | undefined {
  try {
    return { value: shape.decode(body) }
  } catch {
    return undefined
  }
}

function* decodedAll<R, S>({ decode }: JournalShape<R, S>, frames: ReadSegment['content']['records']): Iterable<R> {
  for (const { body } of frames) yield decode(body)
}

function foldAll<R, S>({ fold }: JournalShape<R, S>, begun: S, records: Iterable<R>): S {
  let state = begun
  for (const record of records) state = fold(state, record)
  return state
}

/** The state of the file in use, after its records; undefined where one of them is none of ours, whatever its checksum. */
function stateOf<R, S>(shape: JournalShape<R, S>, { content }: ReadSegment): { readonly state: S } | undefined {
  try {
    const begun = shape.decodeState(content.state.body)
    const records = decodedAll(shape, content.records)
    return { state: shape.replay?.(begun, records) ?? foldAll(shape, begun, records) }
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
  visitAll(shape, former, options.visit)
  visitAll(shape, current.segment, options.visit)
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

function unusable<R, S>(why: 'damaged' | 'foreign', message: string): JournalOpening<R, S> {
  return { kind: 'unusable', why, message }
}

async function opened<R, S>(
  shape: JournalShape<R, S>,
  files: JournalFiles,
  options: JournalOptions<R>,
): Promise<JournalOpening<R, S>> {
  const { dir, identity, segmentBytes = SEGMENT_BYTES } = options
  const standing = standingOf(await segmentsOf(files, Math.max(segmentBytes, SEGMENT_BYTES)))
  if (standing.kind === 'nothing')
    return { kind: 'open', journal: await begun(shape, files, options), how: 'begun', isTorn: false }
  const pathOf = (index: 0 | 1): string => join(dir, SEGMENT_NAMES[index])
  if (standing.kind === 'damaged') return unusable('damaged', `cannot use ${pathOf(standing.index)}: ${standing.why}`)
  const { index, segment } = standing.current
  const of = segment.header.identity
  if (of !== identity)
    return unusable('foreign', `cannot use ${pathOf(index)}: it is of machine ${of}, this is ${identity}`)
  const read = stateOf(shape, segment)
  if (read === undefined)
    return unusable(
      'damaged',
      `cannot use ${pathOf(index)}: it holds what this version cannot read; a later one wrote it, or it is damaged`,
    )
  const journal = await continued(shape, files, { standing, state: read.state, options })
  return { kind: 'open', journal, how: 'continued', isTorn: segment.content.isTorn }
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
    const opening = await opened(shape, files, options)
    if (opening.kind === 'unusable') await closeFiles(files)
    return opening
  } catch (err) {
    await closeFiles(files)
    throw err
  }
}
