/**
 * The open problems beyond a reboot: the bus's store is memory and gone then, this file is not. Best effort: written
 * whole and renamed, a second after a change at the latest; a full or read-only disk costs nothing but this.
 */
import type { Clock } from '#clock'
import { readWhole, replaceFile } from '#durable'
import type { Problem } from '#model'
import { GetNodeResponse } from '#proto/nodedoctor/v1/detector.ts'
import { fromProtoProblem, toProtoProblem } from '#wire'

/** Of the file: the bucket of all problems has room for less. */
const BYTES_MAX = 16 * 1024 * 1024

export interface StoredProblems {
  readonly bootId: string
  readonly problems: readonly Problem[]
}

/** What the file holds; undefined where there is none or it cannot be read (`onError` says why). */
export async function readProblems(
  path: string,
  now: Date,
  onError: (err: unknown) => void,
): Promise<StoredProblems | undefined> {
  try {
    const bytes = await readWhole(path, BYTES_MAX)
    if (bytes === undefined) return undefined
    const { node } = GetNodeResponse.decode(bytes)
    if (node === undefined) return undefined
    return { bootId: node.bootId, problems: node.problems.map((problem) => fromProtoProblem(problem, now)) }
  } catch (err) {
    onError(err)
    return undefined
  }
}

/** @throws what the file system says: the caller counts and goes on. */
export async function writeProblems(path: string, stored: StoredProblems): Promise<void> {
  const bytes = GetNodeResponse.encode(
    GetNodeResponse.fromPartial({ node: { bootId: stored.bootId, problems: stored.problems.map(toProtoProblem) } }),
  ).finish()
  await replaceFile(path, bytes)
}

export interface ProblemFile {
  /** Something changed: writes within a second, what is current then. */
  changed(): void
  /** Writes what waits, now. Never rejects. */
  flush(): Promise<void>
}

export interface ProblemFileOptions {
  readonly path: string
  readonly clock: Clock
  readonly current: () => StoredProblems
  /** Told at the first failure and at the first success after one. */
  readonly onState: (failed: unknown) => void
  readonly delayMs?: number
}

export function createProblemFile(options: ProblemFileOptions): ProblemFile {
  const { path, clock, current, onState, delayMs = 1000 } = options
  let callOff: (() => void) | undefined
  let failed = false
  let writing = Promise.resolve()

  async function write(): Promise<void> {
    try {
      await writeProblems(path, current())
      if (failed) onState(undefined)
      failed = false
    } catch (err) {
      if (!failed) onState(err)
      failed = true
    }
  }

  return {
    changed() {
      callOff ??= clock.after(delayMs, () => {
        callOff = undefined
        writing = writing.then(write)
      })
    },
    async flush() {
      if (callOff !== undefined) {
        callOff()
        callOff = undefined
        writing = writing.then(write)
      }
      await writing
    },
  }
}
