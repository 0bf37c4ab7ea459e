/** Which process serves a plug-in, by the kernel's tables: it is stopped for a moment, so as to read late. */
import type { Files } from '#host'
import { isPutAt } from '../other-clients.ts'

const TABLE = '/proc/net/unix'
const LISTENS = '00010000'
/** Whoever has process 1 hold a socket for others (socket activation) is not stopped by that. */
const FIRST = 1

type Read = Pick<Files, 'readText' | 'list' | 'readLink'>

/** Inodes of those that listen at a path: under its name, else of those that were put there from a hidden place. */
function listenersAt(table: string, path: string): readonly string[] {
  const listening = table.split('\n').flatMap((line) => {
    const [, , , flags, , , inode = '', ...rest] = line.trim().split(/\s+/)
    return flags === LISTENS ? [{ inode, name: rest.join(' ') }] : []
  })
  const named = listening.filter(({ name }) => name === path)
  const meant = named.length > 0 ? named : listening.filter(({ name }) => isPutAt(name, path))
  return meant.map(({ inode }) => inode)
}

async function hasOpen(files: Read, pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const names = await files.list(`/proc/${pid}/fd`).catch(() => [])
  const links = await Promise.all(names.map((name) => files.readLink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  return links.some((link) => sockets.has(link))
}

/** Its process; undefined: it is not seen, or there are several, or it is this one. Never rejects. */
export async function listenerOf(files: Read, path: string): Promise<number | undefined> {
  const table = await files.readText(TABLE).catch(() => '')
  const sockets = new Set(listenersAt(table, path).map((inode) => `socket:[${inode}]`))
  if (sockets.size === 0) return undefined
  const pids = (await files.list('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const found: number[] = []
  for (const pid of pids) if (await hasOpen(files, pid, sockets)) found.push(Number(pid))
  const [only] = found
  const isOurs = only === process.pid || only === process.ppid || only === FIRST
  return found.length === 1 && !isOurs ? only : undefined
}
