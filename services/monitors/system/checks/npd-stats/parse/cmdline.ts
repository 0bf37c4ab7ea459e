/** /proc/cmdline, as node-problem-detector reads it. Pure. */

/** What integers of Go hold. */
const INT64 = { most: 2 ** 63, digits: /^[+-]?\d+$/ } as const

/** Parts between spaces; those within double quotes part nothing. */
function partsOf(line: string): readonly string[] {
  const parts: string[] = []
  let part = ''
  let isQuoted = false
  for (const letter of line) {
    if (letter === '"') isQuoted = !isQuoted
    if (letter === ' ' && !isQuoted) {
      parts.push(part)
      part = ''
    } else part += letter
  }
  return [...parts, part].filter((one) => one !== '')
}

/** As Go's ParseInt gives it where nobody looks at the error: no number is 0, one beyond 64 bits the largest. */
function integer(text: string): number {
  if (!INT64.digits.test(text)) return 0
  return Math.max(-INT64.most, Math.min(INT64.most, Number(text)))
}

/**
 * Whole numbers by parameter, the last of a name; a parameter without one is 0. What begins with a quote is left out; of
 * `a=1=2` the value is `1`.
 */
export function parseCmdline(text: string): ReadonlyMap<string, number> {
  const parameters = new Map<string, number>()
  for (const part of partsOf(text.split('\n', 1)[0] ?? '')) {
    if (part.startsWith('"')) continue
    const [key = '', value = ''] = part.split('=')
    parameters.set(key, integer(value.replace(/^["']+|["']+$/g, '')))
  }
  return parameters
}
