/**
 * A cursor on disk: one small file in the check's state folder, so that a reboot ends nothing. While that folder fails, in the
 * monitor's run folder, which outlives kill -9 alone. Each has its number, and where both have one the higher counts.
 */
import { join } from 'node:path'
import type { Clock } from '#clock'
import { createBackoff } from '#pace'
import type { Logger } from '#service'
import { createFault, createPlace, type Fault, isForGood, type Kept, type Place } from './cursor-place.ts'
import { CursorUnreadableError } from './errors.ts'
import { fileNameOf } from './memory.ts'
import { createPatience, type Patience } from './patience.ts'

const NAME = 'cursor.json'

/** Between two attempts at a state folder that fails. */
const RETRY_MS = { minMs: 1000, maxMs: 300_000 } as const

/** Where a check's cursor is kept. */
export interface CursorFileOptions {
  /** Makes the check's state folder. */
  readonly stateFolder: () => Promise<string>
  /** The monitor's own run folder. It has to be there: with the socket it is. */
  readonly runFolder: string
  /** The check's configured name. */
  readonly check: string
  readonly log: Logger
  readonly clock: Clock
  /** Of all state folders of the process: they may hang together. */
  readonly patience: Patience
  /** From 0 to 1. Default Math.random. */
  readonly random?: () => number
}

/** The cursor that was kept last. */
export interface CursorFile {
  /**
   * As JSON; undefined where nothing is kept, or nothing that can ever be read.
   * @throws CursorUnreadableError while it cannot be known: who asks again has what can be read by then
   */
  recall(): Promise<string | undefined>
  /** Writes it on its own: nobody waits for it, and of several only the last counts. Where it cannot be, it is tried again. */
  keep(cursor: string): void
  /** Resolves when nothing more is to be written now. */
  settled(): Promise<void>
  /** Tries once more what could not be written, and then no more. */
  end(): Promise<void>
}

function faultsOf({ log }: CursorFileOptions) {
  return {
    state: createFault(
      log,
      'check cannot use its state folder: where its source was read up to is lost at a reboot',
      'check keeps where its source was read up to in its state folder again',
    ),
    run: createFault(
      log,
      'check cannot keep where its source was read up to',
      'check keeps it in its run folder again',
    ),
    broken: createFault(log, 'check cannot recall where its source was read up to', ''),
  }
}

/** Writes it, unless it is there. @returns whether it is */
async function written(place: Place, kept: Kept, fault: Fault): Promise<boolean> {
  try {
    if (place.content !== kept) await place.write(kept)
    return true
  } catch (err) {
    fault.is(err)
    return false
  }
}

/** What is written and where, one at a time: to its home, and elsewhere while that fails, which is tried again later each time. */
function createWriter(home: Place, elsewhere: Place, options: CursorFileOptions, faults: ReturnType<typeof faultsOf>) {
  const { clock, random } = options
  const backoff = createBackoff({ ...RETRY_MS, ...(random && { random }) })
  let wanted: Kept | undefined
  let generation = 0
  let writing: Promise<void> | undefined
  /** Home fails, and its next attempt has come. */
  let isDue = false
  let isEnded = false
  /** Ends the wait for the next attempt at home. */
  let callOff: (() => void) | undefined

  async function writeHome(kept: Kept): Promise<boolean> {
    if (!(await written(home, kept, faults.state))) {
      callOff = isEnded ? () => undefined : clock.after(backoff.next(), tryHome)
      return false
    }
    backoff.reset()
    await elsewhere.remove().catch(faults.run.is)
    faults.state.over()
    return true
  }

  async function writeElsewhere(kept: Kept): Promise<boolean> {
    const isThere = await written(elsewhere, kept, faults.run)
    if (isThere) faults.run.over()
    return isThere
  }

  async function write(): Promise<void> {
    for (let done: Kept | undefined; wanted !== undefined && (wanted !== done || isDue); ) {
      const kept = wanted
      isDue = false
      if (!((callOff === undefined && (await writeHome(kept))) || (await writeElsewhere(kept)))) return
      done = kept
    }
  }

  function begin(): void {
    writing ??= write().finally(() => {
      writing = undefined
    })
  }

  function tryHome(): void {
    callOff?.()
    callOff = undefined
    isDue = true
    begin()
  }

  return {
    /** What is kept from now on is newer than that. */
    recalled(known: number): void {
      generation = Math.max(generation, known)
    },
    keep(cursor: string): void {
      if (wanted?.cursor !== cursor) wanted = { cursor, generation: ++generation }
      begin()
    },
    settled: () => writing ?? Promise.resolve(),
    async end(): Promise<void> {
      isEnded = true
      if (callOff !== undefined) tryHome()
      await writing
    },
  }
}

export function createCursorFile(options: CursorFileOptions): CursorFile {
  const { stateFolder, runFolder, check, clock, patience } = options
  const inRunFolder = join(runFolder, `${fileNameOf(check)}.cursor.json`)
  const state = createPlace(async () => join(await stateFolder(), NAME), true, patience)
  const run = createPlace(() => Promise.resolve(inRunFolder), false, createPatience(clock))
  const faults = faultsOf(options)
  const { recalled, keep, settled, end } = createWriter(state, run, options, faults)

  /** @throws CursorUnreadableError */
  async function readFrom(place: Place, fault: Fault): Promise<Kept | undefined> {
    try {
      const kept = await place.read(faults.broken)
      fault.over()
      return kept
    } catch (err) {
      fault.is(err)
      if (isForGood(err)) return undefined
      throw new CursorUnreadableError(err)
    }
  }

  return {
    async recall() {
      const elsewhere = await readFrom(run, faults.run)
      const home = await readFrom(state, faults.state).catch((err: unknown) => {
        // It is there because home fails.
        if (elsewhere === undefined) throw err
        return undefined
      })
      const isHome = home !== undefined && home.generation > (elsewhere?.generation ?? -1)
      const newest = isHome ? home : elsewhere
      recalled(newest?.generation ?? 0)
      if (newest !== undefined && elsewhere !== undefined) keep(newest.cursor)
      return newest?.cursor
    },
    keep,
    settled,
    end,
  }
}
