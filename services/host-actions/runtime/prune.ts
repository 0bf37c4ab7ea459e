/** Removes from the container runtime what nobody uses. */
import type { CriAnswer } from '#cri'
import type { CriPruner, PruneContainer } from '#cri/prune'
import { type Report, shownBytes } from '../cleanup/report.ts'
import { NoAnswerError } from '../errors.ts'
import { deadContainers, unusedImages } from './choose.ts'

/** What is done with whom. */
export interface Pruning {
  readonly cri: CriPruner
  readonly report: Report
  /** Nothing more is removed. */
  readonly stop: AbortSignal
}

/** @throws NoAnswerError */
function answerOf<Answer>(came: CriAnswer<Answer>): Answer {
  if (!came.ok) throw new NoAnswerError(came.failure.message)
  return came.answer
}

/** What a runtime calls something, short. */
function short(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12)
}

/** Says why one stayed; of a runtime that does not answer nothing more is asked. @throws NoAnswerError */
function isGone(came: CriAnswer<void>, what: string, report: Report): boolean {
  if (came.ok) return true
  const { kind, message } = came.failure
  if (kind !== 'error') throw new NoAnswerError(message)
  report.line(`${what} stays: ${message}`)
  return false
}

/** Removes dead containers. @returns how many @throws NoAnswerError, the stop signal's reason */
export async function pruneContainers({ cri, report, stop }: Pruning): Promise<number> {
  const how = { signal: stop }
  const containers = answerOf(await cri.containers(how))
  const sandboxes = answerOf(await cri.sandboxes(how))
  let count = 0
  for (const { id, name } of deadContainers(containers, sandboxes)) {
    if (!isGone(await cri.removeContainer(id, how), `container ${short(id)}`, report)) continue
    count++
    report.line(`removed container ${short(id)} (${name.slice(0, 253)})`)
  }
  return count
}

/** @throws NoAnswerError */
async function containersOf(cri: CriPruner, stop: AbortSignal): Promise<readonly PruneContainer[]> {
  return answerOf(await cri.containers({ signal: stop }))
}

/**
 * Removes images that nobody uses, until it is enough. @param isEnough asked before each
 * @returns how many @throws NoAnswerError, the stop signal's reason
 */
export async function pruneImages(
  { cri, report, stop }: Pruning,
  isEnough: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<number> {
  const how = { signal: stop }
  const sandboxImage = answerOf(await cri.sandboxImage(how))
  const images = answerOf(await cri.images(how))
  let count = 0
  for (const image of unusedImages(images, await containersOf(cri, stop), sandboxImage)) {
    if (await isEnough()) break
    // A pod may have begun to use it since.
    if (unusedImages([image], await containersOf(cri, stop), sandboxImage).length === 0) continue
    const name = image.names[0] ?? image.id
    if (!isGone(await cri.removeImage(image.id, how), `image ${short(image.id)}`, report)) continue
    count++
    report.line(`removed image ${name.slice(0, 400)}, ${shownBytes(image.bytes)}`)
  }
  return count
}
