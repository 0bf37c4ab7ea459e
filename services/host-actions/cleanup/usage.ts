/** How full a disk is, and what is missing to its limit. Pure. */
import type { FsStat } from '#host'

/** What is to be freed. None of it: the disk is at its limit, or below. */
export interface Missing {
  readonly bytes: number
  readonly files: number
}

/** Share of what can be filled that is in use: as `df` has it, without what is kept for root. 0 of what has no size. */
function ratio(used: number, available: number): number {
  return used + available > 0 && used > 0 ? used / (used + available) : 0
}

/** In percent: of bytes, or of inodes where more of these are in use. Some file systems count no inodes. */
export function usedPercent({ sizeBytes, freeBytes, availableBytes, files, filesFree }: FsStat): number {
  return 100 * Math.max(ratio(sizeBytes - freeBytes, availableBytes), ratio(files - filesFree, filesFree))
}

function over(used: number, available: number, limitPercent: number): number {
  return Math.max(0, Math.ceil(used - ((used + available) * limitPercent) / 100))
}

/** What has to go until no more than `limitPercent` is in use. */
export function missingTo(space: FsStat, limitPercent: number): Missing {
  const { sizeBytes, freeBytes, availableBytes, files, filesFree } = space
  return {
    bytes: over(sizeBytes - freeBytes, availableBytes, limitPercent),
    files: over(files - filesFree, filesFree, limitPercent),
  }
}

/** Whether nothing is. */
export function isNone({ bytes, files }: Missing): boolean {
  return bytes <= 0 && files <= 0
}
