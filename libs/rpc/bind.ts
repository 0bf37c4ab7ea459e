/** Taking a socket's path: safe modes from its first moment, stale files replaced, a living owner left alone. */
import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs'
import { chmod, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { SocketInUseError, SocketPathTakenError, SocketPathTooLongError, SocketUnwritableError } from './errors.ts'

/** sizeof(sockaddr_un.sun_path) less its terminating zero. */
export const SOCKET_PATH_MAX = 107
/** An owner that takes no connection for this long is busy, not gone. */
const PROBE_MS = 1000
/** File systems without hard links (FAT, some network ones) say one of these. */
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err ? String(err.code) : ''
}

/** Who has a path: its file, and whether somebody listens on it. */
type Holder = 'nobody' | 'listener' | { readonly stale: number }

function dial(path: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path)
    function finish(outcome: string): void {
      socket.destroy()
      resolve(outcome)
    }
    socket.setTimeout(timeoutMs, () => finish('TIMEOUT'))
    socket.once('connect', () => finish('CONNECTED'))
    socket.on('error', (err) => finish(codeOf(err)))
  })
}

/** Whether somebody listens on a socket. `denied`: this process may not ask. */
export async function probeSocket(path: string, timeoutMs = PROBE_MS): Promise<'answered' | 'nobody' | 'denied'> {
  const outcome = await dial(path, timeoutMs)
  // EAGAIN: its queue of connections is full, so it has an owner.
  if (['CONNECTED', 'TIMEOUT', 'EAGAIN'].includes(outcome)) return 'answered'
  return ['EACCES', 'EPERM'].includes(outcome) ? 'denied' : 'nobody'
}

/** Whether somebody answers on the socket; a file that nobody listens on is stale. */
export async function isAnswered(path: string, timeoutMs = PROBE_MS): Promise<boolean> {
  return (await probeSocket(path, timeoutMs)) === 'answered'
}

async function holderOf(path: string, place?: string): Promise<Holder> {
  const file = await lstat(path).catch((err: unknown) => {
    if (codeOf(err) === 'ENOENT') return undefined
    throw err
  })
  if (file === undefined) return 'nobody'
  if (!file.isSocket()) throw new SocketPathTakenError(path, 'a file that is no socket', place)
  const outcome = await dial(path, PROBE_MS)
  if (outcome === 'ECONNREFUSED') return { stale: file.ino }
  if (outcome === 'ENOENT') return 'nobody'
  if (outcome === 'EACCES') throw new SocketPathTakenError(path, 'a socket that this user may not connect to', place)
  return 'listener'
}

/**
 * Moves the socket to its path without a pause in which another process could do the same: of two that start at once,
 * one gets the path and the other is told so.
 */
function settle(fresh: string, { path, place }: Pick<BindOptions, 'path' | 'place'>, holder: Holder): void {
  if (typeof holder === 'object') {
    const now = lstatSync(path, { throwIfNoEntry: false })
    if (now !== undefined && now.ino !== holder.stale) throw new SocketInUseError(path, place)
    if (now !== undefined) unlinkSync(path)
  }
  try {
    linkSync(fresh, path)
  } catch (err) {
    if (codeOf(err) === 'EEXIST') throw new SocketInUseError(path, place)
    if (!NO_HARD_LINKS.has(codeOf(err))) throw err
    renameSync(fresh, path)
  }
}

export interface BindOptions {
  readonly path: string
  readonly mode: number
  readonly dirMode: number
  /** What says where it is, for errors. Default "run directory". */
  readonly place?: string | undefined
  /** Binds and listens at the path it is given. */
  readonly listen: (path: string) => Promise<void>
}

/**
 * Binds in a folder that nobody else may enter, sets the mode, and puts the socket in its place: at no moment is it
 * open to more than it should be. Returns its removal, which leaves alone what somebody else has put there since.
 * @throws SocketPathTooLongError, SocketInUseError when another process answers there, SocketPathTakenError when
 * something else is there, SocketUnwritableError
 */
export async function bindSocket({ path, mode, dirMode, place, listen }: BindOptions): Promise<() => void> {
  const folder = dirname(path)
  const hiddenBytes = Buffer.byteLength(folder) + '/.nXXXXXX/s'.length
  const bytes = Math.max(Buffer.byteLength(path), hiddenBytes)
  if (bytes > SOCKET_PATH_MAX) throw new SocketPathTooLongError(path, bytes, place)
  let hidden: string | undefined
  try {
    await mkdir(folder, { recursive: true, mode: dirMode })
    const holder = await holderOf(path, place)
    if (holder === 'listener') throw new SocketInUseError(path, place)
    hidden = await mkdtemp(join(folder, '.n'))
    const fresh = join(hidden, 's')
    await listen(fresh)
    await chmod(fresh, mode)
    settle(fresh, { path, place }, holder)
  } catch (err) {
    const isOurs = err instanceof SocketInUseError || err instanceof SocketPathTakenError
    throw isOurs ? err : new SocketUnwritableError(path, err, place)
  } finally {
    if (hidden !== undefined) await rm(hidden, { recursive: true, force: true }).catch(() => undefined)
  }
  const ours = lstatSync(path, { throwIfNoEntry: false })?.ino
  return () => {
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === ours) unlinkSync(path)
  }
}
