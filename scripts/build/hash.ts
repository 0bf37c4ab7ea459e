import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

function files(path: string): string[] {
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/**
 * One hash over the names and contents of files and folders; what does not exist counts as empty.
 * @param paths relative to the root; wherever that is, the hash is the same
 */
export function hashTree(root: string, paths: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of paths.flatMap((path) => files(join(root, path)))) {
    const contents = readFileSync(file)
    hash.update(`${relative(root, file)}\0${contents.length}\0`).update(contents)
  }
  return hash.digest('hex')
}
