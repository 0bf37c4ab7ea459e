/** Which program listens on a port of this machine, as far as this user may know. */
import type { Clock } from '#clock'
import type { Files } from '#host'
import { inLine } from '../print.ts'

/** Of /proc/net/tcp: TCP_LISTEN. */
const LISTENING = '0A'
/** Some 200,000 sockets of the network namespace. */
const MAX_BYTES = 32 * 1024 * 1024
/** A machine with very many open files is not looked through any longer. */
const LOOK_MS = 2000
const NAME_MAX = 60

/**
 * The inodes of the sockets that listen on a port, at whatever address, as `/proc/net/tcp` and `tcp6` have them:
 * `0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 332721 1 …` (local and remote end, state,
 * queues, timer, retransmissions, uid, time-out, inode).
 */
export function listenersOn(text: string, port: number): string[] {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
    return local.endsWith(end) && state === LISTENING && /^\d+$/.test(inode) ? [inode] : []
  })
}

type Read = Pick<Files, 'readText' | 'list' | 'readLink'>

async function hasOpen(files: Read, pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const names = await files.list(`/proc/${pid}/fd`).catch(() => [])
  const links = await Promise.all(names.map((name) => files.readLink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  return links.some((link) => sockets.has(link))
}

async function nameOf(files: Read, pid: string): Promise<string> {
  const words = (await files.readText(`/proc/${pid}/cmdline`).catch(() => '')).split('\0')
  const name = inLine((words[0] ?? '').split('/').at(-1) ?? '', NAME_MAX)
  return name === '' ? `pid ${pid}` : `${name} (pid ${pid})`
}

/** "nginx (pid 4711)"; undefined where nobody listens, or this user may not see who does. Never rejects. */
export async function holderOf(files: Read, port: number, clock: Clock): Promise<string | undefined> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) =>
    files.readText(path, { maxBytes: MAX_BYTES }).catch(() => ''),
  )
  const inodes = (await Promise.all(tables)).flatMap((text) => listenersOn(text, port))
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`))
  const untilMs = clock.monotonicMs() + LOOK_MS
  const pids = sockets.size === 0 ? [] : await files.list('/proc').catch(() => [])
  for (const pid of pids.filter((name) => /^\d+$/.test(name))) {
    if (clock.monotonicMs() > untilMs) return undefined
    if (await hasOpen(files, pid, sockets)) return nameOf(files, pid)
  }
  return undefined
}
