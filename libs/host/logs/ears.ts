/** What a tail listens at while it waits. */
import { type FSWatcher, watch } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { posix } from 'node:path'
import { ask, guarded } from '../files/ask.ts'
import { type Armed, arm, armNearest, type Counts, reached } from '../files/folder-watch.ts'
import type { Guard } from '../files/guard.ts'

/** Ears at a log: at the file, at its folder, and where it is a link at the folder of the file it leads to. */
export interface Ears {
  /** Listens; what is listened at already stays, until something was said of a name. */
  listen(): Promise<void>
  /** Resolves when something was said since it was last asked to listen. */
  readonly told: Promise<void>
  /** Something that ought to be listened at is not. */
  readonly isBlind: boolean
  /** What is listened at may not be the log any more: looked for when it is next asked to listen. */
  doubt(): void
  /** Listens no more, until it is asked to. */
  close(): void
}

/** Says of a file or a folder that something happened there; `isName`: what is listened at may be another by now. */
type Tell = (isName: boolean) => void

/** What is listened at. */
interface Heard {
  readonly folders: readonly Armed[]
  readonly file?: FSWatcher | undefined
  /** There is a file, and its folder answers, but it cannot be listened at. */
  readonly isDeaf: boolean
}

/** Whether a file's name came or went, or its folder's own. */
function named(path: string, folder: string): Counts {
  const names = [posix.basename(path), posix.basename(folder), null]
  return (event, file) => event === 'rename' && names.includes(file)
}

/** Left open when it has said something: who writes seldom costs an event, and who writes much is not listened to. */
function hear(real: string, tell: Tell): FSWatcher | undefined {
  try {
    return watch(real, (event) => tell(event === 'rename')).on('error', () => tell(true))
  } catch {
    return undefined
  }
}

/** Finds what is to be listened at, and listens. Each is asked first, with a deadline: what hangs is not listened at. */
function createArrival(guard: Guard, root: string, path: string, tell: Tell): () => Promise<Heard> {
  const locate = (asked: string): Promise<string> =>
    ask(guard, root, { action: 'look for', path: asked }, async (real) => reached(await realpath(real)))
  const folder = posix.dirname(path)
  /** Kept while the file is away. */
  let target: string | undefined

  function listenAt(armed: Armed): Armed {
    void armed.told.then(() => tell(true))
    return armed
  }
  return async () => {
    const folders = [listenAt(await armNearest(locate, folder, named(path, folder)))]
    const real = await locate(path).catch(() => undefined)
    target = real ?? target
    if (target === undefined) return { folders, isDeaf: false }
    const beside = posix.dirname(target)
    const asking = guarded(guard, { action: 'look for', path: beside.slice(root.length) }, () => reached(beside))
    // Where its folder hangs by now, so does the file.
    if ((await asking.catch(() => undefined)) === undefined) return { folders, isDeaf: false }
    if (beside !== root + folder) folders.push(listenAt(arm(beside, named(target, beside))))
    const file = real === undefined ? undefined : hear(real, tell)
    return { folders, file, isDeaf: real !== undefined && file === undefined }
  }
}

function closeAll({ folders, file }: Heard): void {
  for (const each of folders) each.close()
  file?.close()
}

const NOTHING: Heard = { folders: [], isDeaf: false }

/** Listens at nothing yet. @param path from the host's root */
export function createEars(guard: Guard, root: string, path: string): Ears {
  let heard = NOTHING
  let isSure = false
  let ring = Promise.withResolvers<void>()
  const arrive = createArrival(guard, root, path, (isName) => {
    if (isName) isSure = false
    ring.resolve()
  })

  return {
    async listen() {
      ring = Promise.withResolvers()
      if (isSure) return
      isSure = true
      const before = heard
      heard = await arrive()
      // Only now: what is listened at by both was never not listened at.
      closeAll(before)
    },
    get told() {
      return ring.promise
    },
    get isBlind() {
      return heard.isDeaf || heard.folders.some(({ blind }) => blind)
    },
    doubt() {
      isSure = false
    },
    close() {
      closeAll(heard)
      heard = NOTHING
      isSure = false
    },
  }
}
