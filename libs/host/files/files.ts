/** The host's files as seen from a prefix. */
import { access, readdir, readlink, realpath, stat } from 'node:fs/promises'
import type { Clock } from '#clock'
import { codeOf, HostReadError } from '../errors.ts'
import { ask, DEFAULT_TIMEOUT_MS } from './ask.ts'
import { reached, watchFolder } from './folder-watch.ts'
import { createGuard, type Guard, isKernelPath } from './guard.ts'
import { readKernelFiles, readSmallFile } from './read.ts'
import { below } from './rooted-path.ts'
import { statfsByHelper, statfsLocal } from './statfs.ts'
import type { Files } from './types.ts'

const DEFAULT_MAX_BYTES = 1_048_576

/** Helper programs that hang at the same time: each costs a process, no thread. */
const MAX_HUNG_HELPERS = 16

/** @param root "" for the machine's own, else without a slash at its end @param threads guards libuv's */
export function createFiles(root: string, threads: Guard, clock: Clock): Files {
  const helpers = createGuard(MAX_HUNG_HELPERS, clock)

  return {
    readText: (path, { maxBytes = DEFAULT_MAX_BYTES, timeoutMs } = {}) =>
      ask(threads, root, { action: 'read', path, timeoutMs }, (real) => readSmallFile(real, maxBytes)),
    async readEach(paths) {
      for (const path of paths) {
        if (!isKernelPath(below('', path))) throw new TypeError(`${path} is no file of /proc or /sys; use readText`)
      }
      return readKernelFiles(paths.map((path) => below(root, path)))
    },
    list: (path) => ask(threads, root, { action: 'list', path }, async (real) => (await readdir(real)).sort()),
    readLink: (path) => ask(threads, root, { action: 'read the link', path }, () => readlink(below(root, path))),
    async realPath(path) {
      return ask(threads, root, { action: 'resolve', path }, async (found) => {
        if (root === '') return realpath(found)
        await access(found)
        return found.slice(root.length)
      })
    },
    async exists(path) {
      try {
        await ask(threads, root, { action: 'look for', path }, (real) => access(real))
        return true
      } catch (error) {
        if (error instanceof HostReadError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return false
        throw error
      }
    },
    modified: (path, { timeoutMs } = {}) =>
      ask(threads, root, { action: 'look at', path, timeoutMs }, async (real) => (await stat(real)).mtime),
    async statfs(path, { timeoutMs = DEFAULT_TIMEOUT_MS, local = false } = {}) {
      if (local) return ask(threads, root, { action: 'statfs', path, timeoutMs }, statfsLocal)
      return ask(helpers, root, { action: 'statfs', path, timeoutMs }, (real) =>
        statfsByHelper(clock, real, path, timeoutMs),
      )
    },
    async watch(path, onChange, watchOptions) {
      const find = (asked: string): Promise<string> => ask(threads, root, { action: 'look for', path: asked }, reached)
      const standOf = (folder: string): Promise<string> =>
        ask(threads, root, { action: 'look for', path: folder }, async (real) => {
          const { dev, ino, birthtimeNs, mtimeNs } = await stat(real, { bigint: true })
          return [dev, ino, birthtimeNs, mtimeNs].join(' ')
        }).catch(codeOf)
      return watchFolder({ clock, locate: find, standOf }, below('', path), onChange, watchOptions)
    },
  }
}
