/** A cursor in one file, in a folder that may fail or hang. */
import { rm } from 'node:fs/promises'
import { type Clock, within } from '#clock'
import { readWhole, replaceFile } from '#durable'
import type { Logger } from '#service'
import { FolderHangsError } from './errors.ts'

/** Of one cursor, as JSON. */
export const CURSOR_BYTES_MAX = 4096

/** A folder that has not answered for so long hangs. */
export const HANGS_MS = 5000

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

/** One call at a time: while one hangs no other is made, each would hold a thread of the process. */
function createPatience(clock: Clock) {
  let isAsked = false
  function hangs(): never {
    throw new FolderHangsError(HANGS_MS)
  }
  return async <T>(call: () => Promise<T>): Promise<T> => {
    if (isAsked) hangs()
    isAsked = true
    const answer = call().finally(() => {
      isAsked = false
    })
    return within(clock, answer, HANGS_MS, hangs)
  }
}

/** A cursor in one file. */
export interface Place {
  /** What it has, as far as is known. */
  readonly content: string | undefined
  /** What is no cursor is none, and `broken` hears of it. @throws what its folder says, FolderHangsError */
  read(broken: Fault): Promise<string | undefined>
  /** @throws what its folder says, FolderHangsError */
  write(cursor: string): Promise<void>
  /** @throws what its folder says, FolderHangsError */
  remove(): Promise<void>
}

/** @param sync it outlives a power cut */
export function createPlace(path: () => Promise<string>, sync: boolean, clock: Clock): Place {
  const patiently = createPatience(clock)
  let content: string | undefined
  let mayBeThere = true

  async function textOf(broken: Fault): Promise<string | undefined> {
    const there = await path()
    try {
      const text = (await readWhole(there, CURSOR_BYTES_MAX))?.toString()
      if (text !== undefined) JSON.parse(text)
      return text
    } catch (err) {
      broken.is(err)
      return undefined
    }
  }

  return {
    get content() {
      return content
    },
    async read(broken) {
      content = await patiently(() => textOf(broken))
      return content
    },
    async write(cursor) {
      mayBeThere = true
      content = undefined
      await patiently(async () => replaceFile(await path(), cursor, { mode: 0o600, sync }))
      content = cursor
    },
    async remove() {
      if (mayBeThere) await patiently(async () => rm(await path(), { force: true }))
      mayBeThere = false
      content = undefined
    },
  }
}
