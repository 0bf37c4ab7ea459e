/** Who else has a connection to a plug-in's socket, by the kernel's table of them. */
import { dirname } from 'node:path'
import type { Files } from '#host'

const TABLE = '/proc/net/unix'
const STREAM = '0001'
const CONNECTED = '03'
const LISTENS = '00010000'
/** Below its folder, where a socket of our kit is bound before it is put in its place: the kernel goes on calling it so. */
const HIDDEN = /^\/\.n[A-Za-z0-9]{6}\/s$/

/** Whether the kernel's name of a socket is that of this path, put there from a hidden place. */
export function isPutAt(name: string, path: string): boolean {
  const folder = dirname(path)
  return name.startsWith(folder) && HIDDEN.test(name.slice(folder.length))
}

/** How many connections a listener at this path has taken; 0 also of one whose name the kernel has is not known. */
export function connectionsAt(table: string, path: string): number {
  const isMeant = (name: string) => name === path || isPutAt(name, path)
  const rows = table.split('\n').flatMap((line) => {
    const [, , , flags, type, state, , ...rest] = line.trim().split(/\s+/)
    const name = rest.join(' ')
    return type === STREAM && isMeant(name) ? [{ name, state, listens: flags === LISTENS }] : []
  })
  const names = new Set(rows.flatMap(({ name, listens }) => (listens ? [name] : [])))
  const [only = path] = names.size === 1 ? names : [path]
  return rows.filter(({ name, state, listens }) => name === only && !listens && state === CONNECTED).length
}

/** Beside the one connection of this process; 0 also where the kernel does not say. */
export async function otherClientsOf(path: string, files: Pick<Files, 'readText'>): Promise<number> {
  const table = await files.readText(TABLE).catch(() => '')
  return Math.max(0, connectionsAt(table, path) - 1)
}
