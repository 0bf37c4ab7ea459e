/** What names an act to be approved: of this problem's opening, by this strategy on this target, with these parameters, and of no other. */
import type { Act, Opening } from '#model'
import { actKey } from '../state/types.ts'

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** FNV-1a, 32 bits, as eight hexadecimal digits: short, and no secret. */
export function hashOf(text: string): string {
  let hash = FNV_OFFSET
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, FNV_PRIME)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/** "3f2a91c0-17": its end is the generation. */
export function approvalId(opening: Opening, act: Act): string {
  const { fingerprint, generation, opened } = opening
  const parameters = Object.entries(act.parameters).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `${hashOf(JSON.stringify([fingerprint, generation, opened.getTime(), actKey(act), parameters]))}-${generation}`
}
