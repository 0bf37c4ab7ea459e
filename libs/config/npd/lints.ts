/** What of NPD's files works otherwise than it reads. */
import { TOKEN } from './pattern-size.ts'

/** Whether the end of a branch holds it to the end of the text. */
function isHeldToEnd(branch: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*(?:\\z|\$)$/.test(branch)
}

/** The branches of an expression of Go's, outside of all groups. */
export function topLevelBranches(pattern: string): readonly string[] {
  const branches: string[] = []
  let [depth, start] = [0, 0]
  TOKEN.lastIndex = 0
  for (let token = TOKEN.exec(pattern); token !== null; token = TOKEN.exec(pattern)) {
    const [taken] = token
    if (taken === '(') depth++
    else if (taken === ')') depth--
    else if (taken === '|' && depth === 0) {
      branches.push(pattern.slice(start, token.index))
      start = TOKEN.lastIndex
    }
  }
  return [...branches, pattern.slice(start)]
}

/** NPD holds only the last branch to the end of the newest line (B6): the others it finds again with each line that follows. */
export function openBranch(pattern: string): string | undefined {
  return topLevelBranches(pattern)
    .slice(0, -1)
    .find((branch) => !isHeldToEnd(branch))
}

/** Of NPD's own disk-log-message-filelog.json: what its `message` leaves of a line has no number before these words. */
const CUT_MESSAGE = '(?i)Currently unreadable.*sectors|(?i)Offline uncorrectable sectors'

/** Rules that NPD ships and that never say anything (B8). */
export function isNeverMatched(message: string, pattern: string): boolean {
  return message === CUT_MESSAGE && pattern.includes('[1-9]\\d{2,}) (Currently unreadable')
}

/** A script that NPD ships and that prints what it found in place of ending with it (B8). */
export function neverTells(script: string): boolean {
  return /(?:^|\/)iptables_mode\.sh$/.test(script)
}
