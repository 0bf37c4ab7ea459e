import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes a file whole or not at all, and only when it differs, so that running processes and watchers are not disturbed.
 * @param before called first where it differs
 */
export async function replaceFile(path: string, contents: Uint8Array, before?: () => void): Promise<boolean> {
  const old = await readFile(path).catch(() => undefined)
  if (old?.equals(contents)) return false
  await mkdir(dirname(path), { recursive: true })
  before?.()
  const part = `${path}.${process.pid}.part`
  await writeFile(part, contents)
  await rename(part, path)
  return true
}
