/**
 * A cursor on disk: one small file in the check's state folder, so that a reboot ends nothing. While that folder fails, in the
 * monitor's run folder, which outlives kill -9 alone; what lies there is always newer.
 */
import { join } from 'node:path'
import type { Clock } from '#clock'
import { createBackoff } from '#pace'
import type { Logger } from '#service'
import { createFault, createPlace, type Fault, type Place } from './cursor-place.ts'
import { fileNameOf } from './memory.ts'

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
  /** From 0 to 1. Default Math.random. */
  readonly random?: () => number
}

/** The cursor that was kept last. */
export interface CursorFile {
  /** As JSON; undefined where nothing is kept that can be read. Who asks again has what can be read by then. */
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
async function written(place: Place, cursor: string, fault: Fault): Promise<boolean> {
  try {
    if (place.content !== cursor) await place.write(cursor)
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
  let wanted: string | undefined
  let writing: Promise<void> | undefined
  /** Home fails, and its next attempt has come. */
  let isDue = false
  let isEnded = false
  /** Ends the wait for the next attempt at home. */
  let callOff: (() => void) | undefined

  async function writeHome(cursor: string): Promise<boolean> {
    if (!(await written(home, cursor, faults.state))) {
      callOff = isEnded ? () => undefined : clock.after(backoff.next(), tryHome)
      return false
    }
    backoff.reset()
    // Who comes next takes what lies there for newer.
    await elsewhere.remove().catch(faults.run.is)
    faults.state.over()
    return true
  }

  async function writeElsewhere(cursor: string): Promise<boolean> {
    const isThere = await written(elsewhere, cursor, faults.run)
    if (isThere) faults.run.over()
    return isThere
  }

  async function write(): Promise<void> {
    for (let kept: string | undefined; wanted !== undefined && (wanted !== kept || isDue); ) {
      const cursor = wanted
      isDue = false
      if (!((callOff === undefined && (await writeHome(cursor))) || (await writeElsewhere(cursor)))) return
      kept = cursor
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
    keep(cursor: string): void {
      wanted = cursor
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
  const { stateFolder, runFolder, check, clock } = options
  const inRunFolder = join(runFolder, `${fileNameOf(check)}.cursor.json`)
  const state = createPlace(async () => join(await stateFolder(), NAME), true, clock)
  const run = createPlace(() => Promise.resolve(inRunFolder), false, clock)
  const faults = faultsOf(options)
  const { keep, settled, end } = createWriter(state, run, options, faults)

  async function readFrom(place: Place, fault: Fault): Promise<string | undefined> {
    try {
      const cursor = await place.read(faults.broken)
      fault.over()
      return cursor
    } catch (err) {
      fault.is(err)
      return undefined
    }
  }

  return {
    async recall() {
      const [newer, older] = [await readFrom(run, faults.run), await readFrom(state, faults.state)]
      if (newer !== undefined) keep(newer)
      return newer ?? older
    },
    keep,
    settled,
    end,
  }
}
