/** What a problem of a file or a socket is about. Pure. */
import { cleanText, hashText, MAX_ENTITY } from '#model'

/**
 * "file:" or "socket:" and the path, as long as an entity may be. Of a longer one the beginning is told, and of one that may not
 * be shown as it is what may: a hash keeps two of them apart.
 */
export function pathEntity(kind: 'file' | 'socket', path: string): string {
  const clean = cleanText(path, 4096)
  const most = MAX_ENTITY - kind.length - 1
  return `${kind}:${clean === path && clean.length <= most ? clean : `${cleanText(clean, most - 17)}~${hashText(path)}`}`
}
