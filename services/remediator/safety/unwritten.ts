/**
 * Records for which the journal has no room: in memory, and in a small file elsewhere (the run folder, which a reboot empties), so that a
 * restart forgets none of them. Each is there until the journal has it.
 */
import { readWhole, replaceFile } from '#durable'
import type { RemediationRecord } from '#model'
import type { Logger } from '#service'
import { SAFETY_SHAPE } from './shape.ts'

/** More than a clean-up that is tried until its attempts are used up makes. */
const RECORDS_MAX = 64
/** Of the file: as many outputs of 64 KiB, in any characters. */
const MAX_BYTES = 32 * 1024 ** 2

/** Records that wait. */
export interface Unwritten {
  /** The oldest first. */
  readonly records: readonly RemediationRecord[]
  /** Why none can be kept: what an earlier process kept cannot be read. undefined: they can. */
  readonly trouble: string | undefined
  /** Resolves when it outlives this process, and stands in `records`. @throws what the file system says, or that they are too many */
  keep(record: RemediationRecord): Promise<void>
  /** The journal has the first one. */
  shift(): Promise<void>
  /** None of them counts any more. */
  forget(): Promise<void>
}

function render(records: readonly RemediationRecord[]): string {
  return JSON.stringify(records.map((record) => Buffer.from(SAFETY_SHAPE.encode(record)).toString('base64')))
}

function parse(text: string): readonly RemediationRecord[] {
  const all: unknown = JSON.parse(text)
  if (!Array.isArray(all)) throw new SyntaxError('it is no list')
  return all.map((each) => SAFETY_SHAPE.decode(Buffer.from(String(each), 'base64')))
}

/**
 * The last one, where nothing came between it and this beginning of a process: the later one says as much. A process that is killed over
 * and over would take the room of what is done.
 */
function replacedBy({ bootId, what }: RemediationRecord, last: RemediationRecord | undefined) {
  const isPlain = (one: RemediationRecord['what']) => one.kind === 'began' && one.nodeUid === undefined
  return last !== undefined && isPlain(what) && isPlain(last.what) && last.bootId === bootId ? last : undefined
}

function wordsOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err)
}

/**
 * Reads what an earlier process of this boot kept. Of what cannot be read nobody knows what was done: nothing more is kept then, and so
 * nothing done that the journal has no room for.
 * @param path of the file; undefined: nothing is kept anywhere, and so nothing at all
 * @param isKnown whether the journal has a record: whoever was killed behind its writing did not come to take it away here
 */
export async function openUnwritten(
  path: string | undefined,
  { isKnown, log }: { readonly isKnown: (record: RemediationRecord) => boolean; readonly log: Logger },
): Promise<Unwritten> {
  let records: readonly RemediationRecord[] = []
  let trouble = path === undefined ? 'there is no place for what the journal has no room for' : undefined
  let queue: Promise<unknown> = Promise.resolve()
  try {
    const kept = path === undefined ? undefined : await readWhole(path, MAX_BYTES)
    if (kept !== undefined) records = parse(kept.toString()).filter((record) => !isKnown(record))
  } catch (err) {
    trouble = `cannot read ${path}: ${wordsOf(err)}`
    log.error('what was done without a record cannot be read; nothing more is', { err })
  }

  async function written(now: readonly RemediationRecord[]): Promise<void> {
    // A kill is to be outlived, and no power cut: after a boot nothing is done so for a cooldown.
    if (path !== undefined) await replaceFile(path, render(now), { mode: 0o600, sync: false })
  }

  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = queue.then(work)
    queue = done.catch(() => undefined)
    return done
  }

  /** What cannot be taken away there is found in the journal at the next start. */
  async function without(left: () => readonly RemediationRecord[]): Promise<void> {
    records = left()
    await inTurn(() => written(records)).catch((err: unknown) => {
      log.warn('a record that is written stays in the run folder', { err })
    })
  }

  return {
    get records() {
      return records
    },
    get trouble() {
      return trouble
    },
    keep: (record) =>
      inTurn(async () => {
        if (trouble !== undefined) throw new Error(trouble)
        const replaced = replacedBy(record, records.at(-1))
        const rest = () => records.filter((each) => each !== replaced)
        if (rest().length >= RECORDS_MAX) throw new Error(`${RECORDS_MAX} records wait for the journal already`)
        await written([...rest(), record])
        records = [...rest(), record]
      }),
    shift: () => without(() => records.slice(1)),
    forget: () => without(() => []),
  }
}
