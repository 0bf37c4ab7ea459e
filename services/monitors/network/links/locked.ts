/** What the kernel tells of an interface only under its lock of all interfaces (rtnl). */
import { type Host, HostReadError } from '#host'

/**
 * Whose reading waits for that lock (Linux, net/core/net-sysfs.c, bond_sysfs.c). A driver that resets its card holds it for seconds, one
 * that hangs for ever: who read them in this thread would wait with all that it does.
 */
export const LOCKED = ['carrier', 'speed', 'phys_port_name', 'bonding/slaves'] as const

type Files = Host['files']

/** What did not answer last. One lock keeps them all waiting, so that it is asked before any other, and a thread waits for it alone. */
const silent = new WeakMap<Files, string>()
/** Who asks: all of a process one after the other. */
const turns = new WeakMap<Files, Promise<unknown>>()

/** undefined where it cannot be read: it is down, is gone, or does not know. @throws HostReadError `TIMEOUT` */
async function readOne(files: Files, path: string): Promise<string | undefined> {
  try {
    const text = await files.readText(path)
    silent.delete(files)
    return text.trim()
  } catch (error) {
    if (!(error instanceof HostReadError)) throw error
    if (error.code !== 'TIMEOUT') return undefined
    silent.set(files, path)
    throw error
  }
}

async function readAll(files: Files, paths: readonly string[]): Promise<readonly (string | undefined)[]> {
  const before = silent.get(files)
  if (before !== undefined) await readOne(files, before)
  const texts: (string | undefined)[] = []
  for (const path of paths) texts.push(await readOne(files, path))
  return texts
}

/**
 * Reads such files outside of this thread, one after the other; undefined for one that cannot be read.
 * @throws HostReadError `TIMEOUT` where one does not answer: then none of the others is asked
 */
export function readLocked({ files }: Host, paths: readonly string[]): Promise<readonly (string | undefined)[]> {
  const before = turns.get(files) ?? Promise.resolve()
  const reading = before.then(
    () => readAll(files, paths),
    () => readAll(files, paths),
  )
  turns.set(files, reading)
  return reading
}
