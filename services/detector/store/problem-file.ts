/**
 * The open problems beyond a reboot: the bus's store is memory and gone then, this file is not. Best effort: written
 * whole and renamed, a second after a change at the latest; a full or read-only disk costs nothing but this.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Problem } from '#model'
import { GetNodeResponse } from '#proto/nodedoctor/v1/detector.ts'
import { fromProtoProblem, toProtoProblem } from '#wire'

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
    const { node } = GetNodeResponse.decode(await readFile(path))
    if (node === undefined) return undefined
    return { bootId: node.bootId, problems: node.problems.map((problem) => fromProtoProblem(problem, now)) }
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') onError(err)
    return undefined
  }
}

/** @throws what the file system says: the caller counts and goes on. */
export async function writeProblems(path: string, stored: StoredProblems): Promise<void> {
  const bytes = GetNodeResponse.encode(
    GetNodeResponse.fromPartial({ node: { bootId: stored.bootId, problems: stored.problems.map(toProtoProblem) } }),
  ).finish()
  await mkdir(dirname(path), { recursive: true, mode: 0o750 })
  const fresh = `${path}.new`
  await writeFile(fresh, bytes, { mode: 0o640, flush: true })
  await rename(fresh, path)
}

export interface ProblemFile {
  /** Something changed: writes within a second, what is current then. */
  changed(): void
  /** Writes what waits, now. Never rejects. */
  flush(): Promise<void>
}

export interface ProblemFileOptions {
  readonly path: string
  readonly current: () => StoredProblems
  /** Told at the first failure and at the first success after one. */
  readonly onState: (failed: unknown) => void
  readonly delayMs?: number
}

export function createProblemFile(options: ProblemFileOptions): ProblemFile {
  const { path, current, onState, delayMs = 1000 } = options
  let timer: NodeJS.Timeout | undefined
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
      timer ??= setTimeout(() => {
        timer = undefined
        writing = writing.then(write)
      }, delayMs).unref()
    },
    async flush() {
      if (timer !== undefined) {
        clearTimeout(timer)
        timer = undefined
        writing = writing.then(write)
      }
      await writing
    },
  }
}
