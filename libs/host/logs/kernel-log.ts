/** The kernel's log: by its device, from a recorded file, or as dmesg tells it. */
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Clock } from '#clock'
import { codeOf, HostExecError, HostReadError } from '../errors.ts'
import { ask } from '../files/ask.ts'
import type { Guard } from '../files/guard.ts'
import type { Programs } from '../programs/types.ts'
import { waitFor } from '../wait.ts'
import { newLines } from './dmesg.ts'
import { createDoorbell } from './doorbell.ts'
import { createKernelPlace, type KernelPlace } from './kernel-place.ts'
import { type ParsedRecord, parseDmesgLine, parseKernelRecord } from './kernel-record.ts'
import { tailFile } from './tail.ts'
import type { KernelLogEvent, KernelLogOptions, KernelRecord } from './types.ts'

const PATH = '/dev/kmsg'
/** The kernel's own limit of a record (CONSOLE_EXT_LOG_MAX). */
const RECORD_BYTES = 8_192
const BATCH = 128
/** From one reading to the next: what comes meanwhile is read at once. */
const GAP_MS = 5
const LOOK_MS = 30_000
const ASK_MS = 2_000
const RETRY_MS = 10_000
/** The largest buffer that a kernel is usually given. */
const DMESG_BYTES = 16_777_216

/** What the kernel's log is read with. */
export interface KernelDoor {
  readonly clock: Clock
  readonly root: string
  readonly threads: Guard
  readonly programs: Programs
  bootId(): Promise<string>
}

type Events = AsyncGenerator<KernelLogEvent, undefined>

/** Puts records in order behind a place. */
function* place(at: KernelPlace, parsed: readonly (ParsedRecord | undefined)[]): Generator<KernelLogEvent> {
  let records: KernelRecord[] = []
  for (const each of parsed) {
    const taken = each === undefined ? undefined : at.take(each)
    if (taken === undefined) continue
    if (taken.lost > 0) {
      if (records.length > 0) yield { kind: 'records', records }
      records = []
      yield { kind: 'lost', count: taken.lost }
    }
    records.push(taken.record)
  }
  if (records.length > 0) yield { kind: 'records', records }
}

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
      yield { kind: 'caught-up' }
      await waitFor(door.clock, LOOK_MS, signal, rung)
      await waitFor(door.clock, GAP_MS - (door.clock.monotonicMs() - lookedMs), signal)
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
      yield event
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

async function askDmesg(programs: Programs, signal: AbortSignal): Promise<string[] | undefined> {
  try {
    const options = { timeoutMs: 10_000, maxOutputBytes: DMESG_BYTES, signal }
    const { exitCode, stdout, truncated } = await programs.runBytes('dmesg', ['-S', '-r'], options)
    return exitCode === 0 && !truncated ? stdout.toString('latin1').split('\n').slice(0, -1) : undefined
  } catch (error) {
    if (error instanceof HostExecError || signal.aborted) return undefined
    throw error
  }
}

/** Ends where dmesg may not be asked either. */
async function* followDmesg(door: KernelDoor, at: KernelPlace, { signal, askMs = ASK_MS }: KernelLogOptions): Events {
  let before: readonly string[] = []
  while (!signal.aborted) {
    const now = await askDmesg(door.programs, signal)
    if (now === undefined) return
    const { lines, isLost } = newLines(before, now)
    if (isLost) yield { kind: 'lost', count: undefined }
    yield* place(at, lines.map(parseDmesgLine))
    yield { kind: 'caught-up' }
    if (now.length > 0) before = now
    await waitFor(door.clock, askMs, signal)
  }
}

/** Opens the device; undefined where it is a recorded file. @throws HostReadError */
async function openDevice(door: KernelDoor): Promise<{ fd: number; real: string } | undefined> {
  return ask(door.threads, door.root, { action: 'open', path: PATH }, async (real) => {
    if ((await stat(real)).isFile()) return undefined
    return { fd: openSync(real, constants.O_RDONLY | constants.O_NONBLOCK), real }
  })
}

/** Whichever way there is, as long as it goes. */
async function* follow(door: KernelDoor, at: KernelPlace, options: KernelLogOptions): Events {
  let device: Awaited<ReturnType<typeof openDevice>>
  try {
    device = await openDevice(door)
  } catch (error) {
    if (!(error instanceof HostReadError)) throw error
    yield* followDmesg(door, at, options)
    yield { kind: 'unreadable', error }
    return
  }
  if (device === undefined) {
    yield* followFile(door, at, options)
    return
  }
  try {
    yield* followDevice(door, device.fd, device.real, at, options)
  } finally {
    closeSync(device.fd)
  }
}

/** See {@link Logs.kernelLog}. */
export async function* followKernelLog(door: KernelDoor, options: KernelLogOptions): Events {
  const { signal, from } = options
  let at: KernelPlace | undefined
  /** What stands there already is not asked for. */
  let isPast = from === 'end'
  let told: string | undefined
  while (!signal.aborted) {
    try {
      at ??= createKernelPlace(from === 'end' ? 'start' : from, await door.bootId())
      for await (const event of follow(door, at, options)) {
        if (event.kind === 'unreadable') {
          if (told !== event.error.code) yield event
          told = event.error.code
          continue
        }
        told = undefined
        if (event.kind === 'caught-up') isPast = false
        if (!isPast) yield event
      }
    } catch (error) {
      if (!(error instanceof HostReadError)) throw error
      if (told !== error.code) yield { kind: 'unreadable', error }
      told = error.code
    }
    await waitFor(door.clock, RETRY_MS, signal)
  }
}
