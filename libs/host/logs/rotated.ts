/** The files that a log was rotated into, by their names. Pure. */

/** What a file beside the log says of itself by its name. */
export interface RotatedSuffix {
  /** ".1", "-20261129": what is added to the log's own name, at its end or before its ending. */
  readonly suffix: string
  readonly isCompressed: boolean
}

/** A file beside the log, as far as its order matters. */
export interface RotatedName extends RotatedSuffix {
  /** When it was last written, in milliseconds. */
  readonly mtimeMs: number
}

/** `kern.log.1`, `kern.log-20261129`, `0.log.20261129-150405`; not `kern.log.bak`. */
const SUFFIX = /^[.-]\d[\d.:T_-]{0,40}$/
/** As logrotate, the kubelet and others compress. */
const COMPRESSED = /\.(?:gz|xz|bz2|zst|lz4|lzma|Z)$/
/** ".log" of "kern.log". */
const ENDING = /\.[^.]+$/

/** What is added to the log's name in that of a rotated one; undefined for any other file. */
export function rotatedSuffix(name: string, base: string): RotatedSuffix | undefined {
  const plain = name.replace(COMPRESSED, '')
  const isCompressed = plain !== name
  const ending = ENDING.exec(base)?.[0] ?? ''
  const stem = base.slice(0, base.length - ending.length)
  // logrotate's `extension`: kern-20261129.log, kern.1.log
  const isEnded = ending !== '' && plain.endsWith(ending) && plain.startsWith(stem) && plain.length > base.length
  const within = isEnded ? plain.slice(stem.length, -ending.length) : ''
  const behind = plain.startsWith(base) ? plain.slice(base.length) : ''
  const suffix = [behind, within].find((each) => SUFFIX.test(each))
  return suffix === undefined ? undefined : { suffix, isCompressed }
}

/**
 * The older first: by when they were written last, which the kernel tells by its tick (4 ms). Within one tick a higher
 * number is older (`.2` before `.1`), and so is an earlier date.
 */
export function olderFirst(a: RotatedName, b: RotatedName): number {
  return a.mtimeMs === b.mtimeMs ? (orderOf(a, b) ?? 0) : a.mtimeMs - b.mtimeMs
}

/**
 * Whether a file was the log after another was: by their numbers or dates, since to compress a file may be to write it;
 * where one has a number and one a date, by when they were written.
 */
export function cameLater(a: RotatedName, b: RotatedName): boolean {
  return (orderOf(a, b) ?? a.mtimeMs - b.mtimeMs) > 0
}

/** By name; undefined where names say nothing. */
function orderOf(a: RotatedName, b: RotatedName): number | undefined {
  const [numberA, numberB] = [countOf(a.suffix), countOf(b.suffix)]
  if (numberA !== undefined && numberB !== undefined) return numberB - numberA
  if (numberA !== undefined || numberB !== undefined) return undefined
  return a.suffix < b.suffix ? -1 : Number(a.suffix > b.suffix)
}

/** ".12" is the twelfth; a date is no count. */
function countOf(suffix: string): number | undefined {
  return /^\.\d{1,4}$/.test(suffix) ? Number(suffix.slice(1)) : undefined
}

/** A rotated file, known again. */
export interface KnownName extends RotatedName {
  readonly key: string
}

/** What was read last of a log. */
export interface LastRead {
  readonly key: string
  readonly mtimeMs: number
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

/**
 * Whether a file that was the log after the one that was read last is compressed by now: nobody has read it, and nobody
 * will. Where the one that was read last is not found, one of them may be that one: it has its time, to the second, or
 * that of its being compressed.
 */
export function isCompressedSince(rotated: readonly KnownName[], last: LastRead, known: ReadonlySet<string>): boolean {
  const own = rotated.find(({ key }) => key === last.key)
  if (own !== undefined) return rotated.some((each) => each.isCompressed && cameLater(each, own))
  const added = rotated.filter(({ key, isCompressed }) => isCompressed && !known.has(key))
  const later = added.filter(({ mtimeMs }) => seconds(mtimeMs) > seconds(last.mtimeMs))
  const isThere = added.some(({ mtimeMs }) => seconds(mtimeMs) === seconds(last.mtimeMs))
  return later.length > (isThere ? 0 : 1)
}
