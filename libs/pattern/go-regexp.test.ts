import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compilePattern, compileToEnd, type Pattern } from './pattern.ts'

interface Row {
  readonly pattern: string
  readonly error?: string
  readonly names?: readonly string[]
  readonly alone?: Readonly<Record<string, GoMatch>>
  readonly toEnd?: Readonly<Record<string, GoMatch>>
}

interface GoMatch {
  readonly at: readonly [number, number]
  readonly groups: readonly (string | null)[]
}

const FILE = join(import.meta.dirname, 'fixtures/go-regexp/table.json')
const { texts, rows } = JSON.parse(readFileSync(FILE, 'utf8')) as { texts: readonly string[]; rows: readonly Row[] }

/** What a pattern says of every text, as Go's program prints it: places in bytes. */
function matchesOf(pattern: Pattern): Record<string, GoMatch> {
  return Object.fromEntries(
    texts.flatMap((text): [string, GoMatch][] => {
      const found = pattern.find(text)
      expect(pattern.test(text)).toBe(found !== undefined)
      expect(pattern.startOf(text)).toBe(found?.start)
      if (found === undefined) return []
      const bytesTo = (end: number) => Buffer.byteLength(text.slice(0, end))
      return [
        [text, { at: [bytesTo(found.start), bytesTo(found.end)], groups: found.groups.map((each) => each ?? null) }],
      ]
    }),
  )
}

function errorOf(source: string): string | undefined {
  try {
    compilePattern(source)
    return undefined
  } catch (err) {
    return (err as Error).message
  }
}

/** Go takes two groups of one name, and then knows only the first by it; re2js refuses them. */
const REFUSED_HERE = new Map([['(?P<n>a)(?P<n>b)', 'error parsing regexp: duplicate capture group name: `n`']])

describe('of these expressions we say what Go says', () => {
  it.each(rows)('$pattern', ({ pattern, error, names = [], alone = {}, toEnd = {} }) => {
    const refused = REFUSED_HERE.get(pattern) ?? error
    expect(errorOf(pattern)).toBe(refused)
    if (refused !== undefined) return
    const compiled = compilePattern(pattern)
    expect([...compiled.names.keys()]).toEqual(names)
    expect(matchesOf(compiled)).toEqual(alone)
    expect(matchesOf(compileToEnd(pattern))).toEqual(toEnd)
  })
})
