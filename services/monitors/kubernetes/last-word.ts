/** What was said of a condition that is not looked at in each turn, until it is looked at again. Pure. */
import type { Finding } from '#monitor-kit'

/** What the last look said. It is told again as the look that it was, which proves nothing twice and takes no proof back. */
export interface LastWord {
  /** With the time of its look. */
  readonly finding: Finding
  /** Looks in a row, this one among them, that found it well and had nothing to wait for. */
  readonly wellLooks: number
}

/** So many looks in a row prove that a problem is over: by the default of the model, which all types of this monitor have. */
const PROOF_LOOKS = 2

/** The word of a look that was made just now. */
export function lastWord(finding: Finding, observed: Date, before: LastWord | undefined): LastWord {
  const isWell = finding.health === 'healthy' && finding.pending !== true
  return { finding: { ...finding, observed }, wellLooks: isWell ? (before?.wellLooks ?? 0) + 1 : 0 }
}

/** Whether it is to be looked at again at once: something is wrong, may be, or is not proven to be over. Not where it was not seen. */
export function isToBeProven({ finding, wellLooks }: LastWord): boolean {
  return finding.health !== 'unknown' && wellLooks < PROOF_LOOKS
}
