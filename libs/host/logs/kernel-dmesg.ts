/** The kernel's log as dmesg tells it, where the device is closed: asked for its end, and for all of it where that is not enough. */
import { HostReadError } from '../errors.ts'
import { waitFor } from '../wait.ts'
import { askDmesg } from './ask-dmesg.ts'
import { goBy, type KernelDoor, type KernelReading, place } from './kernel-reading.ts'
import { mayBeOne, type ParsedRecord, parseDmesgLine } from './kernel-record.ts'
import type { KernelLogEvent, KernelLogOptions } from './types.ts'

/** With what asking takes it is less than 3 s from a line to its being told. */
const ASK_MS = 2_200
/** How often the device is tried meanwhile. */
const DEVICE_MS = 60_000
/** What is asked for where nothing is expected: some hundred lines. */
const END_BYTES = 32_768
/**
 * All of the log: the buffer that a kernel makes by itself for 1,000 processors. dmesg has it in its memory, which is its container's: of a larger
 * one what is older is not read.
 */
const WHOLE_BYTES = 8_388_608

type Telling = AsyncGenerator<KernelLogEvent, HostReadError | 'told' | 'not-found'>

/** A line as a record, or as what may be a part of the one before. */
function parse(reading: KernelReading, line: string): ParsedRecord | undefined {
  const record = parseDmesgLine(line)
  if (record === undefined) return undefined
  const mayBePart = mayBeOne(reading.lastLine, record)
  reading.lastLine = record
  return mayBePart ? { ...record, mayBePart } : record
}

function* tellLines(reading: KernelReading, lines: readonly string[]): Generator<KernelLogEvent> {
  reading.mark.told(lines)
  reading.newBytes += lines.reduce((sum, { length }) => sum + length + 1, 0)
  yield* place(
    reading.at,
    lines.map((line) => parse(reading, line)),
  )
}

/** All that dmesg says, as new. */
async function* tellAll(door: KernelDoor, reading: KernelReading, signal: AbortSignal): Telling {
  for await (const lines of askDmesg(door, { bytes: WHOLE_BYTES, signal })) {
    if (lines instanceof HostReadError) return lines
    yield* tellLines(reading, lines)
  }
  // How long the log is says nothing of how much comes.
  reading.newBytes = 0
  return 'told'
}

/** What is behind the mark, in so much of the log's end. */
async function* tellBehind(
  door: KernelDoor,
  reading: KernelReading,
  { bytes, signal }: { readonly bytes: number; readonly signal: AbortSignal },
): Telling {
  const seek = reading.mark.seek(bytes === WHOLE_BYTES)
  for await (const lines of askDmesg(door, { bytes, signal })) {
    if (lines instanceof HostReadError) return lines
    yield* tellLines(reading, seek.take(lines))
  }
  yield* tellLines(reading, seek.end())
  // A log that somebody has emptied: what comes next tells that something is missing.
  return seek.isFound || (bytes === WHOLE_BYTES && seek.isNothing) ? 'told' : 'not-found'
}

/** As much as the mark and twice what was new at the last time need. */
function endBytes({ mark, newBytes }: KernelReading): number {
  return Math.min(WHOLE_BYTES, Math.max(END_BYTES, 2 * (mark.bytes + newBytes)))
}

/** What is new: in the log's end, or else in all of it; where it is not known there either lines were lost, and all is new. */
async function* tellNew(door: KernelDoor, reading: KernelReading, signal: AbortSignal): Telling {
  const { mark } = reading
  const sizes = mark.isEmpty ? [] : [endBytes(reading), WHOLE_BYTES]
  reading.newBytes = 0
  for (const bytes of sizes) {
    const outcome = yield* tellBehind(door, reading, { bytes, signal })
    if (outcome !== 'not-found') return outcome
  }
  if (sizes.length > 0) yield { kind: 'lost', count: undefined }
  mark.forget()
  reading.lastLine = undefined
  return yield* tellAll(door, reading, signal)
}

/** Until the device is to be tried again (`due`); why dmesg cannot be asked. */
export async function* followKernelDmesg(
  door: KernelDoor,
  reading: KernelReading,
  { signal, askMs = ASK_MS }: KernelLogOptions,
): AsyncGenerator<KernelLogEvent, 'due' | HostReadError> {
  goBy(reading, 'dmesg')
  let isDue = false
  const callOff = door.clock.after(DEVICE_MS, () => {
    isDue = true
  })
  try {
    while (!signal.aborted && !isDue) {
      const outcome = yield* tellNew(door, reading, signal)
      if (outcome instanceof HostReadError) return outcome
      yield { kind: 'caught-up', cursor: reading.at.cursor }
      await waitFor(door.clock, askMs, signal)
    }
    return 'due'
  } finally {
    callOff()
  }
}
