import { statfs } from 'node:fs/promises'
import { within } from '#clock'
import type { RuntimeSocket } from '#cri'
import { createCriPruner } from '#cri/prune'
import { createReport, shownBytes } from '../cleanup/report.ts'
import { DockerError, NoAnswerError } from '../errors.ts'
import { type AskedRuntime, askedRuntime, imagesAt } from '../runtime/asked.ts'
import { pruneDocker } from '../runtime/docker.ts'
import { type Pruning, pruneContainers, pruneImages } from '../runtime/prune.ts'
import { stopOf } from './stop.ts'
import type { Action, Attempt, Ended, Tools } from './types.ts'

/** Of the attempt's time so much is left for what comes after the last image. */
const AFTER_MS = 3_000
const ASK_MS = 5_000

/** What is free where the runtime has its images; undefined where that is not seen. */
async function freeAt(place: string | undefined, { host, clock }: Tools): Promise<number | undefined> {
  if (place === undefined || !place.startsWith('/')) return undefined
  const free = statfs(host.root + place).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  )
  return within(clock, free, ASK_MS, () => undefined)
}

interface Pruned {
  readonly containers: number
  readonly images: number
}

async function pruneByCri(
  { path, place }: RuntimeSocket,
  pruning: Omit<Pruning, 'cri'>,
  { clock }: Tools,
): Promise<Pruned> {
  const cri = createCriPruner(path, { clock, place })
  try {
    const containers = await pruneContainers({ cri, ...pruning })
    return { containers, images: await pruneImages({ cri, ...pruning }) }
  } finally {
    cri.close()
  }
}

async function prune(runtime: Exclude<AskedRuntime, string>, attempt: Attempt, tools: Tools): Promise<Ended> {
  using ending = stopOf(attempt, tools, AFTER_MS)
  const { stop } = ending
  const report = createReport()
  const place = 'cri' in runtime ? await imagesAt(runtime.cri, tools) : '/var/lib/docker'
  const before = await freeAt(place, tools)
  let failure = ''
  let pruned: Pruned | undefined
  try {
    pruned =
      'cri' in runtime
        ? await pruneByCri(runtime.cri, { report, stop }, tools)
        : await pruneDocker(runtime.docker, { report, stop })
  } catch (err) {
    attempt.signal.throwIfAborted()
    if (!(stop.aborted || err instanceof NoAnswerError || err instanceof DockerError)) throw err
    failure = err instanceof Error ? err.message : String(err)
  }
  const after = await freeAt(place, tools)
  const isKnown = place !== undefined && before !== undefined && after !== undefined
  const freed = isKnown ? `, ${shownBytes(Math.max(0, after - before))} freed` : ''
  const did =
    pruned === undefined ? failure : `${pruned.containers} containers and ${pruned.images} images removed${freed}`
  return {
    outcome: pruned === undefined ? 'failed' : 'succeeded',
    message: did,
    ...(isKnown && { figures: [{ what: `free on ${place}`, before, after, unit: 'bytes' }] }),
    ...report.output(),
  }
}

export const pruneRuntime: Action = {
  strategy: 'prune-runtime',
  description: 'Removes dead containers and unused images from the container runtime',
  async refusal(_, tools) {
    const runtime = await askedRuntime(tools)
    return typeof runtime === 'string' ? runtime : ''
  },
  async run(attempt, tools) {
    // What was removed before a kill is gone; what else is dead by now is another attempt's.
    if (attempt.recalled !== undefined)
      return { outcome: 'lost', message: 'the process that removed containers and images has ended' }
    const runtime = await askedRuntime(tools)
    if (typeof runtime === 'string') return { outcome: 'declined', message: runtime }
    await attempt.note({})
    return prune(runtime, attempt, tools)
  },
}
