/** A machine with a GPU, whose kernel says what a test says. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding, Happening } from '#monitor-kit'
import { handClock, recordedHost, startCheck } from '#monitor-kit/testing'
import { recordKernelLog } from '../../../../../libs/host/logs/testing-recorded.ts'
import { tempFolder } from '../../../../../libs/host/testing.ts'
import { PLACE } from '../../kernel/testing-lines.ts'
import { sharedOver } from '../../testing-shared.ts'
import { gpuKernelLog } from './check.ts'
import { schema } from './config.ts'

/** Of the card. */
export const UUID = 'GPU-6a5e1c0d-0b0a-4f0e-9d55-9d8d1c0b7a11'
/** Of another one. */
export const OTHER_UUID = 'GPU-11111111-0b0a-4f0e-9d55-9d8d1c0b7a11'
/** The kernel names the card. */
export const uuidLine = (uuid = UUID) => `NVRM: GPU at PCI:${PLACE}: ${uuid}`

/** Removed with `await using`. */
export async function machine() {
  const folder = await tempFolder()
  const log = await recordKernelLog(folder.path)
  const device = (place: string) => join(folder.path, `sys/bus/pci/devices/${place}.0`)
  const stateFolder = join(folder.path, 'kept')
  for (const each of [stateFolder, join(folder.path, 'proc')]) await mkdir(each, { recursive: true })
  // It has slept for an hour: neither the kernel's log nor the clock that nobody sets counts that.
  await writeFile(join(folder.path, 'proc/uptime'), '4600.00 1.00\n')
  async function addGpu(place: string): Promise<void> {
    await mkdir(device(place), { recursive: true })
    await writeFile(join(device(place), 'vendor'), '0x10de\n')
    await writeFile(join(device(place), 'class'), '0x030200\n')
  }
  await addGpu(PLACE)
  const clock = handClock()
  let disk = (): Promise<string> => Promise.resolve(stateFolder)
  let asked = 0
  async function folderOnDisk(): Promise<string> {
    asked++
    return disk()
  }
  /** A check whose state folder is on a disk that may hang, and fail. */
  const onDisk = {
    ...gpuKernelLog,
    create: (context) => gpuKernelLog.create({ ...context, stateFolder: folderOnDisk }),
  } satisfies typeof gpuKernelLog
  return {
    root: folder.path,
    stateFolder,
    clock,
    log,
    addGpu,
    /** The disk that it keeps what it knows on answers no more. */
    hangDisk(): void {
      disk = () => new Promise(() => undefined)
    },
    /** Its folder cannot be made. @param code as the file system says why: "EROFS" */
    failDisk(code: string): void {
      disk = () => Promise.reject(Object.assign(new Error(`${code}: it is a test`), { code }))
    },
    mendDisk(): void {
      disk = () => Promise.resolve(stateFolder)
    },
    /** How often the folder was asked for, to read or to write. */
    get asked() {
      return asked
    },
    /** Where a program of it stands. */
    async program(name: string): Promise<string> {
      await mkdir(join(folder.path, 'programs'), { recursive: true })
      return join(folder.path, 'programs', name)
    },
    removeGpu: (place: string) => rm(device(place), { recursive: true }),
    /** So long before now. */
    async say(text: string, agoS = 1, facility = 0): Promise<void> {
      // As much as lies between two times that what is known is kept.
      clock.pass(500)
      await log.say({ atMs: clock.monotonicMs() - agoS * 1000, text, facility })
    },
    /** A process of the monitor. */
    start(config: unknown = {}) {
      const shared = sharedOver(folder.path, clock)
      const check = startCheck(onDisk, {
        host: recordedHost(folder.path),
        root: folder.path,
        config: schema.parse(config),
        clock,
        shared,
      })
      return Object.assign(check, { shared })
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** A process of the monitor on it. */
export type Process = ReturnType<Awaited<ReturnType<typeof machine>>['start']>

/** What a life tells, up to its first cursor or what is asked for. */
export async function heard(
  following: ReturnType<Process['follow']>,
  isLast: (told: { events?: readonly Happening[]; cursor?: unknown }) => boolean,
) {
  const findings: Finding[] = []
  const events: Happening[] = []
  for (;;) {
    const told = await following.next()
    findings.push(...told.findings)
    events.push(...(told.events ?? []))
    if (isLast(told)) return { findings, events, cursor: told.cursor }
  }
}

/** Up to its place in the log. */
export const hasCursor = ({ cursor }: { cursor?: unknown }) => cursor !== undefined
/** What was told last of a condition. */
export const lasts = (findings: readonly Finding[], type: string) => findings.findLast((one) => one.type === type)
