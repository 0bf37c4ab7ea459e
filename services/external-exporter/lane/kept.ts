/**
 * What of an exporter outlives this process: how far its numbers are, what is in hand, and what of problems and conditions it was told.
 * It is a file of the host, written before a call goes out: what may have arrived is told again as it was, under its own number.
 */
import { randomUUID } from 'node:crypto'
import { readWhole, replaceFile } from '#durable'
import { SEVERITIES, type Severity } from '#model'
import { type Clock, type Logger, within } from '#service'
import type { ToldStep } from '../told/problem.ts'

/** Of the file. */
const BYTES_MAX = 16 * 1024 * 1024
/** Problems of which is known what was told; there are 600 open ones at most. */
const STEPS_MAX = 1200

/** What is in hand. */
export interface InHand {
  /** Where it came from: a stream of the bus, or what this service says itself. */
  readonly from: string
  readonly key: string
  /** The `ExportRequest` as it goes over the wire. */
  readonly request: Buffer
}

export interface Kept {
  /** Names the count: another one begins at 1 where the file was lost. */
  numbering: string
  /** The last number that was given. */
  sequence: number
  inHand: InHand | undefined
  /** The last key that was taken, by where it came from. */
  readonly taken: Map<string, string>
  /** By fingerprint. */
  readonly steps: Map<string, ToldStep>
  /** Condition types that it knows. */
  types: readonly string[]
}

/** What follows is counted anew: nothing comes under a number that was given to something else. */
export function countAnew(kept: Kept): void {
  kept.numbering = randomUUID()
  kept.sequence = 0
}

/** Of whom nothing is known. */
export function emptyKept(): Kept {
  return { numbering: randomUUID(), sequence: 0, inHand: undefined, taken: new Map(), steps: new Map(), types: [] }
}

/** The newest of them, and no more than there is use for. */
export function noteStep({ steps }: Kept, fingerprint: string, step: ToldStep): void {
  steps.delete(fingerprint)
  steps.set(fingerprint, step)
  const [oldest] = steps.keys()
  if (steps.size > STEPS_MAX && oldest !== undefined) steps.delete(oldest)
}

/** As the file has it. @param bootId of the kernel that runs; "" where it does not say */
export function renderKept({ numbering, sequence, inHand, taken, steps, types }: Kept, bootId: string): string {
  const { from, key, request } = inHand ?? {}
  return JSON.stringify({
    bootId,
    numbering,
    sequence,
    ...(inHand !== undefined && { inHand: { from, key, request: request?.toString('base64') } }),
    taken: Object.fromEntries(taken),
    steps: Object.fromEntries(steps),
    types,
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function inHandOf(value: unknown): InHand | undefined {
  if (!isRecord(value)) return undefined
  const { from, key, request } = value
  if (typeof from !== 'string' || typeof key !== 'string' || typeof request !== 'string') return undefined
  return { from, key, request: Buffer.from(request, 'base64') }
}

function stepOf(value: unknown): ToldStep | undefined {
  if (!isRecord(value)) return undefined
  const { opening, severity, isOver } = value
  const known: Severity | undefined = SEVERITIES.find((one) => one === severity)
  if (typeof opening !== 'string' || known === undefined || typeof isOver !== 'boolean') return undefined
  return { opening, severity: known, isOver }
}

function entriesOf<T>(value: unknown, of: (value: unknown) => T | undefined): Map<string, T> {
  const entries = isRecord(value) ? Object.entries(value) : []
  return new Map(
    entries.flatMap(([name, each]) => {
      const one = of(each)
      return one === undefined ? [] : [[name, one] as const]
    }),
  )
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)

/**
 * undefined: it is none, or damaged. Never throws.
 * @param bootId of the kernel that runs: what was kept before its start, or nobody knows when, may be older than what was told,
 * and is counted anew
 */
export function parseKept(text: string, bootId: string): Kept | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(value)) return undefined
  const { numbering, sequence, inHand, taken, steps, types } = value
  if (typeof numbering !== 'string' || !Number.isSafeInteger(sequence) || Number(sequence) < 0) return undefined
  const kept: Kept = {
    numbering,
    sequence: Number(sequence),
    inHand: inHandOf(inHand),
    taken: entriesOf(taken, textOf),
    steps: entriesOf(steps, stepOf),
    types: Array.isArray(types) ? types.filter((type) => typeof type === 'string') : [],
  }
  if (bootId === '' || value['bootId'] !== bootId) countAnew(kept)
  return kept
}

/** So long a disk has time for what is small: an exporter is told all the same. */
const SAVE_MS = 1000
/** So long it is waited for at the start, when many read. */
const READ_MS = 5000

export interface KeptFile {
  readonly kept: Kept
  /**
   * Resolves when what stands in `kept` now is in the file, or cannot be written, which is said once: also where the disk hangs, for
   * which it is waited a second, and while it does no longer. Never rejects.
   */
  save(): Promise<void>
  /** The file is behind `kept`, and of the same count: after a kill its next number would be given twice. */
  isBehind(): boolean
}

async function read({ path, bootId, log }: KeptOptions): Promise<Kept> {
  try {
    const bytes = await readWhole(path, BYTES_MAX)
    if (bytes === undefined) return emptyKept()
    const kept = parseKept(bytes.toString(), bootId)
    if (kept !== undefined) return kept
    log.warn('what an external exporter was told is damaged; it is told anew, by numbers of another series', { path })
  } catch (err) {
    log.warn('what an external exporter was told cannot be read; it is told anew', { path, err })
  }
  return emptyKept()
}

export interface KeptOptions {
  readonly path: string
  /** Of the kernel that runs; "" where it does not say. */
  readonly bootId: string
  readonly log: Logger
  readonly clock: Clock
  /** Default as on the disk. */
  readonly replace?: typeof replaceFile
}

/** Reads what is there; what is damaged or cannot be read is as if there were nothing. */
export async function openKept(options: KeptOptions): Promise<KeptFile> {
  const { path, bootId, log, clock, replace = replaceFile } = options
  const kept = await within(clock, read(options), READ_MS, () => {
    log.warn('what an external exporter was told is not read in time; it is told anew', { path, afterMs: READ_MS })
    return emptyKept()
  })
  /** How far the file is. */
  let written = { numbering: kept.numbering, sequence: kept.sequence }
  let isFailing = false
  let isHanging = false
  let writing: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined

  async function write(): Promise<void> {
    const { numbering, sequence } = kept
    try {
      // A kill loses nothing of it; after a power cut it is counted anew.
      await replace(path, renderKept(kept, bootId), { sync: false })
      written = { numbering, sequence }
      if (isHanging) log.info('what an external exporter was told is kept again', { path })
      isFailing = false
    } catch (err) {
      if (!isFailing)
        log.warn('what an external exporter was told cannot be kept; after a kill it may be told twice', { path, err })
      isFailing = true
    }
    isHanging = false
  }

  function hangs(): void {
    if (!isHanging)
      log.warn(
        'what an external exporter was told is not kept in time: its disk hangs; after a kill it may be told twice',
        {
          path,
          afterMs: SAVE_MS,
        },
      )
    isHanging = true
  }

  return {
    kept,
    isBehind: () => written.numbering === kept.numbering && written.sequence < kept.sequence,
    save() {
      // All who ask while one is written are served by the next.
      next ??= writing.then(() => {
        next = undefined
        writing = write()
        return writing
      })
      return isHanging ? Promise.resolve() : within(clock, next, SAVE_MS, hangs)
    },
  }
}
