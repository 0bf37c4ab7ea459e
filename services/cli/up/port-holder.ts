/** Which program listens on a port of this machine, as far as this user may know. */
import { isIPv4 } from 'node:net'
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

/** What is asked for: an address of this machine, or all of one kind. */
export interface Wish {
  /** "127.0.0.1", "::". */
  readonly address: string
  readonly port: number
}

/** "0100007F" or 32 digits: words of 32 bits, each in the order of this machine's bytes (little on all that we build for). */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  if (bytes.length !== 4 && bytes.length !== 16) return ''
  bytes.swap32()
  return plain(bytes.length === 4 ? bytes.join('.') : (bytes.toString('hex').match(/.{4}/g) ?? []).join(':'))
}

/** One text for each address; an IPv4 address in the clothes of IPv6 is that one. */
function plain(address: string): string {
  if (isIPv4(address)) return address
  const short = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? address
  const [, high, low] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(short) ?? []
  if (high === undefined || low === undefined) return short
  const bytes = [high, low].map((half) => Number.parseInt(half, 16)).flatMap((half) => [half >> 8, half & 255])
  return bytes.join('.')
}

/** Whether both cannot be listened on: one address, or one of them is every address. `::` takes IPv4 along. */
function isInTheWay(theirs: string, ours: string): boolean {
  if (theirs === '') return false
  if (theirs === ours || theirs === '::' || ours === '::') return true
  return isIPv4(theirs) && isIPv4(ours) && (theirs === '0.0.0.0' || ours === '0.0.0.0')
}

/**
 * The inodes of the sockets that listen where we wish to, as `/proc/net/tcp` and `tcp6` have them:
 * `0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 332721 1 …` (local and remote end, state,
 * queues, timer, retransmissions, uid, time-out, inode).
 */
export function listenersOn(text: string, { address, port }: Wish): string[] {
  const ours = plain(address)
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
    if (!local.endsWith(end) || state !== LISTENING || !/^\d+$/.test(inode)) return []
    return isInTheWay(addressOf(local.slice(0, -end.length)), ours) ? [inode] : []
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

export interface HolderOptions extends Wish {
  /** Processes that are not in the way: our own. */
  readonly own: readonly number[]
  readonly clock: Clock
}

/** "nginx (pid 4711)"; undefined where nobody listens there, or this user may not see who does. Never rejects. */
export async function holderOf(files: Read, { own, clock, ...wish }: HolderOptions): Promise<string | undefined> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) =>
    files.readText(path, { maxBytes: MAX_BYTES }).catch(() => ''),
  )
  const inodes = (await Promise.all(tables)).flatMap((text) => listenersOn(text, wish))
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`))
  const untilMs = clock.monotonicMs() + LOOK_MS
  const pids = sockets.size === 0 ? [] : await files.list('/proc').catch(() => [])
  for (const pid of pids.filter((name) => /^\d+$/.test(name) && !own.includes(Number(name)))) {
    if (clock.monotonicMs() > untilMs) return undefined
    if (await hasOpen(files, pid, sockets)) return nameOf(files, pid)
  }
  return undefined
}
