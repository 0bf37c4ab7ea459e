import { RE2JS } from 're2js'
import { decodeText } from './decode.ts'

/**
 * The rule of the lines of a log, as simply as it can be said, and as slowly: every pattern at every line, on the text of
 * all that is kept.
 */
export function naiveLines(sources: readonly string[], bufferLines: number) {
  const patterns = sources.map((source) => RE2JS.compile(`${source}\\z`))
  const lines: string[] = []
  return {
    push(line: Buffer): { pattern: number; lines: string[] }[] {
      lines.push(decodeText(line))
      if (lines.length > bufferLines) lines.shift()
      const blanks = Array.from({ length: bufferLines - lines.length }, () => '')
      const text = [...blanks, ...lines].join('\n')
      return patterns.flatMap((pattern, index) => {
        const matcher = pattern.matcher(text)
        return matcher.find() ? [{ pattern: index, lines: touched(lines, text.length - matcher.start()) }] : []
      })
    },
  }
}

/** From the newest back, whole lines, until they hold more than is behind the start of the match. */
function touched(lines: readonly string[], units: number): string[] {
  const found: string[] = []
  let held = 0
  for (let i = lines.length - 1; i >= 0; i--) {
    found.unshift(lines[i] as string)
    held += (lines[i] as string).length + 1
    if (held > units - 1) break
  }
  return found
}
