/** The machine as seen from a prefix. */
import { readFileSync } from 'node:fs'
import { access, readdir, readlink, realpath } from 'node:fs/promises'
import { hostname } from 'node:os'
import { codeOf, HostReadError } from './errors.ts'
import { execProgram } from './programs/run.ts'
import { createGuard, type Guard, isKernelPath } from './files/guard.ts'
import { readKernelFiles, readSmallFile } from './files/read.ts'
import { below, resolveBelow } from './files/rooted-path.ts'
import { statfsByHelper, statfsLocal } from './files/statfs.ts'
import type { Host } from './types.ts'

const DEFAULT_TIMEOUT_MS = 5_000
const DEFAULT_MAX_BYTES = 1_048_576

/** Of libuv's four threads, how many may be held by calls that hang. */
const MAX_HUNG_THREADS = 2
/** Helper programs that hang at the same time: each costs a process, no thread. */
const MAX_HUNG_HELPERS = 16

export interface HostOptions {
  /** Where the host's root is mounted: "" or "/" for this machine's own, "/host" in a container, a folder in tests. */
  readonly root: string
}

/** Turns what the system says into a HostReadError; leaves those that are one. */
function wrapped(action: string, path: string, cause: unknown): Error {
  if (cause instanceof HostReadError || cause instanceof TypeError) return cause
  return new HostReadError({ action, path, code: codeOf(cause), cause })
}

/** One guarded call on a path below the root. */
async function ask<T>(
  guard: Guard,
  root: string,
  call: { action: string; path: string; timeoutMs?: number | undefined },
  operation: (realPath: string) => Promise<T>,
): Promise<T> {
  const { action, path, timeoutMs = DEFAULT_TIMEOUT_MS } = call
  try {
    return await guard.run({ action, path, timeoutMs }, async () => operation(await resolveBelow(root, path)))
  } catch (error) {
    throw wrapped(action, path, error)
  }
}

function readHostName(root: string): string {
  if (root === '') return hostname()
  try {
    return readFileSync(below(root, '/etc/hostname'), 'utf8').trim() || hostname()
  } catch {
    // The prefix shows only parts of the host: the name of the own UTS namespace is the next best.
    return hostname()
  }
}

/** @throws TypeError when the root is not an absolute path */
export function createHost(options: HostOptions): Host {
  const root = options.root === '' ? '' : below('', options.root).replace(/\/+$/, '')
  const threads = createGuard(MAX_HUNG_THREADS)
  const helpers = createGuard(MAX_HUNG_HELPERS)

  const host: Host = {
    root,
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
    async statfs(path, { timeoutMs = DEFAULT_TIMEOUT_MS, local = false } = {}) {
      if (local) return ask(threads, root, { action: 'statfs', path, timeoutMs }, statfsLocal)
      return ask(helpers, root, { action: 'statfs', path, timeoutMs }, (real) => statfsByHelper(real, path, timeoutMs))
    },
    exec(file, args, execOptions) {
      if (execOptions.onHost !== true || root === '') return execProgram(file, args, execOptions)
      const enter = ['--target', '1', '--mount', '--uts', '--ipc', '--net', '--pid', '--']
      return execProgram('nsenter', [...enter, file, ...args], execOptions)
    },
    async bootId() {
      const path = '/proc/sys/kernel/random/boot_id'
      const id = (await host.readText(path)).trim()
      if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id
      throw new HostReadError({ action: 'read', path, code: 'MALFORMED', detail: JSON.stringify(id.slice(0, 80)) })
    },
    hostname: () => readHostName(root),
  }
  return host
}
