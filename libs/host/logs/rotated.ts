/** The files that a log was rotated into, by their names. Pure. */

/** A file beside the log, as far as its order matters. */
export interface RotatedName {
  /** What follows the log's own name: ".1", "-20261129". */
  readonly suffix: string
  /** When it was last written, in milliseconds. */
  readonly mtimeMs: number
}

/** `kern.log.1`, `kern.log-20261129`, `0.log.20261129-150405`; not `kern.log.1.gz`, `kern.log.bak`. */
const SUFFIX = /^[.-]\d[\d.:T_-]{0,40}$/

/** What follows the log's name in that of a rotated one; undefined for any other file. */
export function rotatedSuffix(name: string, base: string): string | undefined {
  const suffix = name.startsWith(base) ? name.slice(base.length) : ''
  return SUFFIX.test(suffix) ? suffix : undefined
}

/**
 * The older first: by when they were written last, which the kernel tells by its tick (4 ms). Within one tick a higher
 * number is older (`.2` before `.1`), and so is an earlier date.
 */
export function olderFirst(a: RotatedName, b: RotatedName): number {
  if (a.mtimeMs !== b.mtimeMs) return a.mtimeMs - b.mtimeMs
  const [numberA, numberB] = [countOf(a.suffix), countOf(b.suffix)]
  if (numberA !== undefined && numberB !== undefined) return numberB - numberA
  return a.suffix < b.suffix ? -1 : 1
}

/** ".12" is the twelfth; a date is no count. */
function countOf(suffix: string): number | undefined {
  return /^\.\d{1,4}$/.test(suffix) ? Number(suffix.slice(1)) : undefined
}
