/** The kernel's log: by its device, from a recorded file, or as dmesg or the journal tells it. */
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { codeOf, HostReadError } from '../errors.ts'
import { ask } from '../files/ask.ts'
import { waitFor } from '../wait.ts'
import { createDoorbell } from './doorbell.ts'
import { followKernelDmesg } from './kernel-dmesg.ts'
import { followKernelJournal } from './kernel-journal.ts'
import { createKernelPlace, type KernelPlace } from './kernel-place.ts'
import { createKernelReading, goBy, type KernelDoor, type KernelReading, place } from './kernel-reading.ts'
import { type ParsedRecord, parseKernelRecord } from './kernel-record.ts'
import { tailFile } from './tail.ts'
import type { KernelLogEvent, KernelLogOptions } from './types.ts'

const PATH = '/dev/kmsg'
/** The kernel's own limit of a record (CONSOLE_EXT_LOG_MAX). */
const RECORD_BYTES = 8_192
const BATCH = 128
/** From one reading to the next: what comes meanwhile is read at once. */
const GAP_MS = 5
const LOOK_MS = 30_000
const RETRY_MS = 10_000
/** How often all ways are tried while all are closed. */
const CLOSED_MS = 60_000
/** The device may not be opened, or there is none: dmesg is asked, and else the journal. What else fails is tried again. */
const CLOSED = ['EACCES', 'EPERM', 'ENOENT']

type Events = AsyncGenerator<KernelLogEvent, undefined>

/** Takes what waits in the device; it answers from memory, and never blocks. `isEmpty`: nothing waits any more. */
function readBatch(fd: number, buffer: Buffer): { parsed: (ParsedRecord | undefined)[]; isEmpty: boolean } {
  const parsed: (ParsedRecord | undefined)[] = []
  while (parsed.length < BATCH) {
    try {
      parsed.push(parseKernelRecord(buffer.toString('latin1', 0, readSync(fd, buffer))))
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') return { parsed, isEmpty: true }
      // Overwritten while it waited: the numbers of those that follow tell how many.
      if (codeOf(error) !== 'EPIPE')
        throw new HostReadError({ action: 'read', path: PATH, code: codeOf(error), cause: error })
    }
  }
  return { parsed, isEmpty: false }
}

async function* followDevice(
  door: KernelDoor,
  fd: number,
  real: string,
  at: KernelPlace,
  { signal }: KernelLogOptions,
): Events {
  const buffer = Buffer.allocUnsafe(RECORD_BYTES)
  const bell = createDoorbell(door.clock, door.programs, real)
  try {
    while (!signal.aborted) {
      const rung = bell.next()
      const lookedMs = door.clock.monotonicMs()
      for (let isEmpty = false; !isEmpty && !signal.aborted; ) {
        const batch = readBatch(fd, buffer)
        isEmpty = batch.isEmpty
        yield* place(at, batch.parsed)
        if (!isEmpty) await new Promise(setImmediate)
      }
      yield { kind: 'caught-up', cursor: at.cursor }
      await waitFor(door.clock, LOOK_MS, signal, rung)
      // A timer of no time takes a millisecond.
      const gapMs = GAP_MS - (door.clock.monotonicMs() - lookedMs)
      if (gapMs > 0) await waitFor(door.clock, gapMs, signal)
    }
  } finally {
    bell.close()
  }
}

/** A recorded log: records as the device has them, one after the other. */
async function* followFile(door: KernelDoor, at: KernelPlace, { signal }: KernelLogOptions): Events {
  let pending: string[] = []
  for await (const event of tailFile(door, PATH, { signal, from: 'start' })) {
    if (event.kind === 'unreadable') yield event
    else if (event.kind === 'lost') yield { kind: 'lost', count: undefined }
    else if (event.kind === 'caught-up') {
      yield* place(at, [parseKernelRecord(pending.join('\n'))])
      pending = []
      yield { kind: 'caught-up', cursor: at.cursor }
    } else {
      const records: string[][] = [pending]
      for (const { bytes } of event.lines) {
        const line = bytes.toString('latin1')
        if (line.startsWith(' ')) records.at(-1)?.push(line)
        else records.push([line])
      }
      pending = records.pop() ?? []
      yield* place(
        at,
        records.map((lines) => parseKernelRecord(lines.join('\n'))),
      )
    }
  }
}

/** Opens the device; undefined where it is a recorded file. @throws HostReadError */
async function openDevice(door: KernelDoor): Promise<{ fd: number; real: string } | undefined> {
  const open = async (real: string): Promise<{ fd: number; real: string } | undefined> => {
    if ((await stat(real)).isFile()) return undefined
    return { fd: openSync(real, constants.O_RDONLY | constants.O_NONBLOCK), real }
  }
  return ask(door.deviceThread, door.root, { action: 'open', path: PATH }, open, (late) => {
    if (late !== undefined) closeSync(late.fd)
  })
}

/** Nothing is closed where dmesg told the log before: it broke, and says how. */
function closedBy(device: HostReadError, dmesg: HostReadError, { readBy }: KernelReading): KernelLogEvent {
  const error = readBy === 'dmesg' ? dmesg : device
  return { kind: 'unreadable', error, ...(readBy === undefined && { isClosed: true }) }
}

/**
 * Opens the device, and asks dmesg, or follows the journal, as long as it is closed; `failed` where those are closed too, or
 * it ends.
 */
async function* openOrAsk(
  door: KernelDoor,
  reading: KernelReading,
  options: KernelLogOptions,
): AsyncGenerator<KernelLogEvent, Awaited<ReturnType<typeof openDevice>> | 'failed'> {
  for (;;) {
    try {
      return await openDevice(door)
    } catch (error) {
      if (!(error instanceof HostReadError && CLOSED.includes(error.code))) throw error
      const dmesg = yield* followKernelDmesg(door, reading, options)
      if (options.signal.aborted) return 'failed'
      if (dmesg === 'due' || (yield* followKernelJournal(door, reading, options)) === 'due') {
        if (options.signal.aborted) return 'failed'
        continue
      }
      yield closedBy(error, dmesg, reading)
      return 'failed'
    }
  }
}

/** Whichever way there is, as long as it goes. */
async function* follow(door: KernelDoor, reading: KernelReading, options: KernelLogOptions): Events {
  const device = yield* openOrAsk(door, reading, options)
  if (device === 'failed') return
  goBy(reading, device === undefined ? 'file' : 'device')
  if (device === undefined) {
    yield* followFile(door, reading.at, options)
    return
  }
  try {
    yield* followDevice(door, device.fd, device.real, reading.at, options)
  } finally {
    closeSync(device.fd)
  }
}

/** See {@link Logs.kernelLog}. */
export async function* followKernelLog(door: KernelDoor, options: KernelLogOptions): Events {
  const { signal, from } = options
  let reading: KernelReading | undefined
  /** What stands there already is not asked for. */
  let isPast = from === 'end'
  let told: string | undefined
  while (!signal.aborted) {
    let retryMs = RETRY_MS
    try {
      const begin = from === 'end' ? 'start' : from
      reading ??= createKernelReading(createKernelPlace(begin, await door.bootId()))
      for await (const event of follow(door, reading, options)) {
        if (event.kind === 'unreadable') {
          if (event.isClosed === true) retryMs = CLOSED_MS
          if (told !== event.error.code) yield event
          told = event.error.code
          continue
        }
        told = undefined
        if (event.kind === 'caught-up') {
          isPast = false
          reading.readBy = reading.way
        }
        if (!isPast) yield event
      }
    } catch (error) {
      if (!(error instanceof HostReadError)) throw error
      if (told !== error.code) yield { kind: 'unreadable', error }
      told = error.code
    }
    await waitFor(door.clock, retryMs, signal)
  }
}
