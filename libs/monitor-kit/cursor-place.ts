/** A cursor in one file, in a folder that may fail or hang. */
import { rm } from 'node:fs/promises'
import { FileTooLargeError, NotPlainFileError, readWhole, replaceFile } from '#durable'
import type { Logger } from '#service'
import { StateFolderError } from './errors.ts'
import type { Patience } from './patience.ts'

/** Of one cursor, as JSON. */
export const CURSOR_BYTES_MAX = 4096

/** Something that fails at times. */
export interface Fault {
  is(err: unknown): void
  over(): void
}

/** Says once that something fails, and once that it does again what it should. */
export function createFault(log: Logger, fails: string, works: string): Fault {
  let isFailing = false
  return {
    is(err) {
      if (!isFailing) log.warn(fails, { err })
      isFailing = true
    },
    over() {
      if (isFailing) log.info(works)
      isFailing = false
    },
  }
}

/** A cursor, as JSON, and the how many-th it is: of those in two places the higher is the newer. 0: of before there was a number. */
export interface Kept {
  readonly cursor: string
  readonly generation: number
}

/** A cursor, and on a line of its own its number. */
const FILE_BYTES_MAX = CURSOR_BYTES_MAX + 1 + String(Number.MAX_SAFE_INTEGER).length
const NUMBERED = /^(.*)\n(\d{1,16})$/s

/** What a file system says of what is not there, or not for us: asked again it says the same. */
const FOR_GOOD = new Set('ENOENT ENOTDIR EEXIST EISDIR ELOOP ENAMETOOLONG EACCES EPERM EROFS ENOSPC EDQUOT'.split(' '))

/** There is no cursor, or none that anybody will ever read: no matter of time, as a disk that does not answer is. */
export function isForGood(err: unknown): boolean {
  if (err instanceof SyntaxError || err instanceof FileTooLargeError || err instanceof NotPlainFileError) return true
  const said = err instanceof StateFolderError ? err.cause : err
  return said instanceof Error && 'code' in said && FOR_GOOD.has(String(said.code))
}

/** A cursor in one file. */
export interface Place {
  /** What it has, as far as is known. */
  readonly content: Kept | undefined
  /** What is no cursor is none, and `broken` hears of it. @throws what its folder says, FolderHangsError */
  read(broken: Fault): Promise<Kept | undefined>
  /** @throws what its folder says, FolderHangsError */
  write(kept: Kept): Promise<void>
  /** @throws what its folder says, FolderHangsError */
  remove(): Promise<void>
}

/** @throws SyntaxError, FileTooLargeError */
function keptOf(path: string, text: string): Kept {
  const [, cursor = text, generation = '0'] = NUMBERED.exec(text) ?? []
  if (Buffer.byteLength(cursor) > CURSOR_BYTES_MAX) throw new FileTooLargeError(path, CURSOR_BYTES_MAX)
  JSON.parse(cursor)
  return { cursor, generation: Number(generation) }
}

/** @param sync it outlives a power cut */
export function createPlace(path: () => Promise<string>, sync: boolean, patiently: Patience): Place {
  let content: Kept | undefined
  let mayBeThere = true

  async function keptIn(broken: Fault): Promise<Kept | undefined> {
    const there = await path()
    try {
      const text = (await readWhole(there, FILE_BYTES_MAX))?.toString()
      return text === undefined ? undefined : keptOf(there, text)
    } catch (err) {
      if (!isForGood(err)) throw err
      broken.is(err)
      return undefined
    }
  }

  return {
    get content() {
      return content
    },
    async read(broken) {
      content = await patiently(() => keptIn(broken))
      return content
    },
    async write(kept) {
      mayBeThere = true
      content = undefined
      const text = `${kept.cursor}\n${kept.generation}`
      await patiently(async () => replaceFile(await path(), text, { mode: 0o600, sync }))
      content = kept
    },
    async remove() {
      if (mayBeThere) await patiently(async () => rm(await path(), { force: true }))
      mayBeThere = false
      content = undefined
    },
  }
}
