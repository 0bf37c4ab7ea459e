/** Folders of what is kept, made one at a time in a process. */
import { mkdir } from 'node:fs/promises'

/** What is being made, or waits for it, by path. */
const asked = new Map<string, Promise<void>>()
let last: Promise<void> = Promise.resolve()

/**
 * Makes it (0750), and those above it; whoever asks for the same one meanwhile hears of the same call, and another is made once that has
 * ended. A call on a disk that does not answer holds a thread of the process, which has four for all of its files and programs: so it is
 * one, however many ask. Who does not want to wait for it waits no longer than he likes. @throws what the file system says
 */
export function makeFolder(path: string): Promise<void> {
  const known = asked.get(path)
  if (known !== undefined) return known
  const made = last
    .then(async () => void (await mkdir(path, { recursive: true, mode: 0o750 })))
    .finally(() => asked.delete(path))
  asked.set(path, made)
  last = made.catch(() => undefined)
  return made
}
