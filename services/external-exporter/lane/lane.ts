/**
 * The way to one exporter from outside: one call at a time, each until it is taken, in order, under numbers that grow. What is given
 * again, also by the next process, is the same to the byte.
 */
import { type ExportRequest, ExportRequest as RequestCodec } from '#proto/npd/external/v1/external_exporter.ts'
import type { Clock, Logger } from '#service'
import type { Content } from '../content.ts'
import { LaneEndedError } from '../errors.ts'
import { countAnew, type InHand, type KeptFile } from './kept.ts'
import { type Partner, type Result, resultOf } from './partner.ts'
import type { Doing, Patience } from './patience.ts'
import { createQueue, type Queue, type Waiting } from './queue.ts'

/** While it is waited for, so often is looked whether another one took its place. */
const LOOK_MS = 2000
/** How far that may move to be together with what wakes the process anyway. */
const SLACK_MS = 500

/** How an exporter does. */
export interface LaneState {
  readonly doing: Doing
  /** What is in hand and waits for it. */
  readonly pending: number
  readonly lastSuccess: Date | undefined
  /** How long what is in hand has not been taken, since it first was not; 0: it works. */
  readonly waitingMs: number
  readonly failures: number
  /** Until it is given something again. */
  readonly nextTryMs: number
  /** Why it did not take it; "" where it did. */
  readonly lastError: string
}

export interface LaneOptions {
  readonly name: string
  readonly nodeName: string
  readonly partner: Partner
  readonly patience: Patience
  readonly keptFile: KeptFile
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
  readonly onCall: (result: Result) => void
}

export interface Lane {
  /**
   * Resolves when the exporter has taken it; at once for what it took last from there. Rejects with LaneEndedError: then it is to come
   * again after the next start.
   * @param from where it comes from; what comes from one place keeps its order
   */
  tell(from: string, content: Content): Promise<void>
  /** It takes what it is given. */
  isOpen(): boolean
  /** Calls when it may be. @returns its end */
  onOpen(listener: () => void): () => void
  state(): LaneState
  /** Resolves when nothing more goes out. */
  readonly ended: Promise<void>
}

/** A lane at work. */
interface Work extends LaneOptions {
  readonly queue: Queue
  readonly openers: Set<() => void>
  news: () => void
  inHand: InHand | undefined
  lastSuccess: Date | undefined
  failingSinceMs: number | undefined
  lastError: string
  place: string
}

function opened({ openers }: Work): void {
  for (const listener of [...openers]) listener()
}

function worked(work: Work): void {
  const { name, patience, clock, log } = work
  if (patience.doing !== 'serving' && patience.doing !== 'failing')
    log.info('external exporter takes what it is told again', {
      exporter: name,
      afterMs: Math.round(clock.monotonicMs() - (work.failingSinceMs ?? clock.monotonicMs())),
    })
  patience.worked()
  work.lastSuccess = clock.now()
  work.failingSinceMs = undefined
  work.lastError = ''
  opened(work)
}

function failed(work: Work, err: unknown): void {
  const { name, patience, clock, log, partner } = work
  work.failingSinceMs ??= clock.monotonicMs()
  work.lastError = err instanceof Error ? err.message : String(err)
  work.place = partner.place()
  const news = patience.failed()
  const fields = { exporter: name, failures: patience.failures, nextTryMs: Math.round(patience.waitMs()), err }
  if (news === 'opened') log.warn('external exporter does not take what it is told; it is tried again', fields)
  else if (news === 'exhausted') log.warn('external exporter is lost; it is tried on, after the longest wait', fields)
  else log.debug('external exporter did not take it', fields)
}

/** Waits until it may be given something; a socket that is another one is tried at once. */
async function untilMayCall(work: Work): Promise<void> {
  const { patience, clock, signal, partner } = work
  for (let leftMs = patience.waitMs(); leftMs > 0; leftMs = patience.waitMs()) {
    await clock.sleep(Math.min(leftMs, LOOK_MS), signal, leftMs > LOOK_MS ? SLACK_MS : 0)
    const place = partner.place()
    if (place !== '' && place !== work.place) patience.another()
    work.place = place
  }
}

/** @throws once the signal aborts; until then it is tried */
async function give(work: Work, request: ExportRequest): Promise<void> {
  const { patience, partner, signal, onCall } = work
  for (;;) {
    await untilMayCall(work)
    signal.throwIfAborted()
    patience.begin()
    try {
      await partner.give(request, signal)
      onCall('taken')
      return worked(work)
    } catch (err) {
      signal.throwIfAborted()
      onCall(resultOf(err))
      failed(work, err)
    }
  }
}

function number(work: Work, { from, content }: Waiting): ExportRequest {
  const { nodeName } = work
  const { kept } = work.keptFile
  kept.sequence++
  const { status, context, key } = content
  const request = { status, sequence: kept.sequence, nodeName, context: { ...context, numbering: kept.numbering } }
  work.inHand = { from, key, request: Buffer.from(RequestCodec.encode(request).finish()) }
  kept.inHand = work.inHand
  return request
}

/** Under the next number. It is in the file before it goes out; where that fails, under a count of which the file has nothing. */
async function takeInHand(work: Work, waiting: Waiting): Promise<ExportRequest> {
  const { keptFile } = work
  const request = number(work, waiting)
  await keptFile.save()
  if (!keptFile.isBehind()) return request
  countAnew(keptFile.kept)
  return number(work, waiting)
}

function done({ keptFile }: Work, from: string, key: string): void {
  keptFile.kept.taken.set(from, key)
  keptFile.kept.inHand = undefined
  void keptFile.save()
}

/** What an earlier process had in hand goes first, as it was. */
async function giveLeft(work: Work): Promise<void> {
  const { keptFile } = work
  const left = keptFile.kept.inHand
  if (left === undefined) return
  work.inHand = left
  let request: ExportRequest
  try {
    request = RequestCodec.decode(left.request)
  } catch (err) {
    work.log.warn('what an external exporter was being told is damaged; it comes again from the bus', {
      exporter: work.name,
      err,
    })
    keptFile.kept.inHand = undefined
    return
  }
  await give(work, request)
  done(work, left.from, left.key)
}

async function run(work: Work): Promise<void> {
  const { queue, signal, keptFile } = work
  await giveLeft(work)
  while (!signal.aborted) {
    work.inHand = undefined
    const next = queue.first()
    if (next === undefined) {
      await new Promise<void>((resolve) => (work.news = resolve))
      continue
    }
    const { from, content } = next
    // What the exporter took when nobody could be told of it any more.
    if (keptFile.kept.taken.get(from) !== content.key) {
      await give(work, await takeInHand(work, next))
      done(work, from, content.key)
    }
    queue.remove(next)
    next.resolve()
  }
}

async function live(work: Work): Promise<void> {
  const { name, signal, queue, keptFile, log } = work
  signal.addEventListener('abort', () => work.news(), { once: true })
  try {
    await run(work)
  } catch (err) {
    if (!signal.aborted) {
      log.error('the way to an external exporter ended unexpectedly', { exporter: name, err })
      throw err
    }
  } finally {
    queue.end(new LaneEndedError(name))
    await keptFile.save()
  }
}

/** Begins at once, and goes on until the signal aborts. */
export function createLane(options: LaneOptions): Lane {
  const { patience, clock, name, signal } = options
  const work: Work = {
    ...options,
    queue: createQueue(),
    openers: new Set(),
    news: () => undefined,
    inHand: undefined,
    lastSuccess: undefined,
    failingSinceMs: undefined,
    lastError: '',
    place: options.partner.place(),
  }
  const ended = live(work)
  const isLeftInHand = () => work.inHand !== undefined && work.queue.length === 0

  return {
    tell(from, content) {
      if (signal.aborted) return Promise.reject(new LaneEndedError(name))
      const taken = work.queue.add(from, content)
      work.news()
      return taken
    },
    isOpen: () => patience.doing === 'serving',
    onOpen(listener) {
      work.openers.add(listener)
      return () => void work.openers.delete(listener)
    },
    state: () => ({
      doing: patience.doing,
      pending: work.queue.length + (isLeftInHand() ? 1 : 0),
      lastSuccess: work.lastSuccess,
      waitingMs: work.failingSinceMs === undefined ? 0 : clock.monotonicMs() - work.failingSinceMs,
      failures: patience.failures,
      // While a call is out nobody knows.
      nextTryMs: Number.isFinite(patience.waitMs()) ? Math.round(patience.waitMs()) : 0,
      lastError: work.lastError,
    }),
    ended,
  }
}
