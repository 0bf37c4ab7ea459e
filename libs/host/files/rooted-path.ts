/** Paths of the host, below the folder where its root is mounted. */
import { readlink } from 'node:fs/promises'
import { posix } from 'node:path'
import { codeOf } from '../errors.ts'

/** Like the kernel's own limit (path_resolution(7)). */
const MAX_LINKS = 40

/** `root` + `path`, with no way out of `root` by "..". @throws TypeError for a relative path */
export function below(root: string, path: string): string {
  if (!path.startsWith('/') || path.includes('\0')) {
    throw new TypeError(`the path ${JSON.stringify(path)} is not absolute; give it from the host's root`)
  }
  return root + posix.normalize(path)
}

/** Whether symbolic links below it need no care: the kernel makes them. */
function isKernelTree(path: string): boolean {
  return /^\/(proc|sys|dev)(\/|$)/.test(path)
}

/**
 * The real place of a host's path. Where the host is mounted below a prefix, an absolute symbolic link of the host
 * (/var/run → /run) would lead into our own root; here it is followed below the prefix.
 */
export async function resolveBelow(root: string, path: string): Promise<string> {
  const plain = below('', path)
  if (root === '' || isKernelTree(plain)) return root + plain
  const todo = plain.split('/').filter((part) => part !== '')
  let done = ''
  let links = 0
  while (todo.length > 0) {
    const next = `${done}/${todo.shift()}`
    const target = await linkTarget(root + next)
    if (target === undefined) {
      done = next
      continue
    }
    if (++links > MAX_LINKS) throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' })
    const place = posix.resolve(done === '' ? '/' : done, target)
    todo.unshift(...place.split('/').filter((part) => part !== ''))
    done = ''
  }
  return root + (done === '' ? '/' : done)
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    // EINVAL: no link. Anything else comes again, and is told, at the call that follows.
    if (codeOf(error) === 'EINVAL' || codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
