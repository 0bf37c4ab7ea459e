import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Written whole or not at all: readers see the old file or the new one. */
export async function writeFileSafely(path: string, content: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  const fresh = `${path}.${process.pid}.new`
  await writeFile(fresh, content, { mode })
  await rename(fresh, path)
}
