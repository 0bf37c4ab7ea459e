import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { DOCUMENT_SCHEMA } from './assemble.ts'
import { CATALOG } from './catalog.ts'
import { ConfigErrors } from './errors.ts'
import { renderProblem } from './index.ts'
import { document } from './schema/document.ts'
import { faultsOf, HEAD, parse, set } from './testing.ts'
import { documentOf, longDocuments } from './testing-documents.ts'
import { treeOf } from './tree/tree.ts'
import { Run } from './walk/run.ts'
import { walk } from './walk/walk.ts'

const MIB = 1_048_576
/** Of the processor, not of the clock: the machine may have other work. */
/** The worst takes one second where nobody else works. */
const MS_PER_MIB = 1500
/** Of the processor, too: made, written as YAML, read. Five is what it takes. */
const MS_PER_DOCUMENT = 20
/** Of the clock, where others have all but a twentieth of the machine. */
const WALL_MS = 600_000
/** `make soak` has a million of what is read, and 20,000 of what zod reads too. */
const DOCUMENTS = 200
const READ_TWICE = Number(process.env['NODE_DOCTOR_SOAK_READ_TWICE'] ?? 700)

function cpuMsOf(act: () => unknown): number {
  const before = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function patternsOf(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found
  for (const [key, item] of Object.entries(value)) {
    if (key === 'pattern' && typeof item === 'string') found.add(item)
    else patternsOf(item, found)
  }
  return found
}

describe('a section that is something else', () => {
  const sections = ['settings', 'bus', 'detector', 'exporters', 'remediation', 'metadata', 'monitors', 'plugins']
  it.each(sections.flatMap((key) => ['5', 'x', 'true', '[1]', '{a: 1}'].map((value) => [key, value] as const)))(
    '%s: %s is a fault with its place',
    (key, value) => {
      const text = `${key === 'metadata' ? HEAD.replace(/metadata:\n.*\n/, '') : HEAD}${key}: ${value}\n`
      for (const fault of faultsOf(text)) expect(fault).toMatch(/^config\.yaml:\d+:\d+: /)
      expect(faultsOf(text)).not.toEqual([])
    },
  )

  it('is named in words, and what stands beside it is looked at too', () => {
    expect(faultsOf(`${HEAD}remediation: 5\nsettings: { logLevl: debug }\n`)).toEqual([
      'config.yaml:5:1: remediation: 5 is not a map; expected a map with keys such as "enabled", "dryRun", "maxRetriesPerHour", "cooldownPeriod"',
      'config.yaml:6:13: settings.logLevl: unknown key; did you mean "logLevel"?',
    ])
    expect(faultsOf(HEAD, { flags: [set('remediation=5')] })).toEqual([
      '--set remediation=5: remediation: "5" is not a map; expected a map with keys such as "enabled", "dryRun", "maxRetriesPerHour", "cooldownPeriod"',
    ])
  })
})

describe('a name that YAML 1.1 would take for a date', () => {
  it('is the text that was written', () => {
    expect(parse(`${HEAD}settings: { nodeName: 2001-12-14 }\n`).settings.nodeName).toBe('2001-12-14')
  })
})

describe('depth', () => {
  it.each([
    ['lists', `a: ${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['open lists', '['.repeat(100_000)],
    ['maps', '{a: '.repeat(20_000)],
    ['33 levels', `a: ${'['.repeat(33)}${']'.repeat(33)}`],
  ])('of %s is refused in words', (_, text) => {
    expect(faultsOf(text).join('\n')).toMatch(/^config\.yaml(:\d+:\d+)?: is nested deeper than 32 levels$/m)
    expect(faultsOf(text).join('\n')).not.toContain('call stack')
  })
})

describe('time', () => {
  const long = Object.fromEntries(
    ['a', '-', '/', '1', '.', ':', 'a-', '1d', '/../', 'nats://a,', '1:', 'a.'].map((piece) => [
      piece,
      piece.repeat(100_000),
    ]),
  )
  it.each([...patternsOf(DOCUMENT_SCHEMA), ...[...patternsOf(CATALOG)]])(
    'of the pattern %s grows with the length only',
    (pattern) => {
      const regexp = new RegExp(pattern, 'u')
      for (const line of Object.values(long)) expect(cpuMsOf(() => regexp.test(`${line}!`))).toBeLessThan(200)
    },
  )

  it.each(Object.entries(longDocuments(MIB * 0.95)))('of a file of %s is a second and a half at most', (_, text) => {
    expect(text.length).toBeLessThan(MIB)
    // What others do on the machine adds to it: of three readings the least is its own.
    let leastMs = Number.POSITIVE_INFINITY
    for (let tries = 0; tries < 3 && leastMs >= MS_PER_MIB; tries++)
      leastMs = Math.min(
        leastMs,
        cpuMsOf(() => faultsOf(text)),
      )
    expect(leastMs).toBeLessThan(MS_PER_MIB)
  })

  it('of a value in an error is not that of its length', () => {
    const problem = { where: 'w', path: 'a'.repeat(MIB), text: '\u0000'.repeat(MIB) }
    expect(cpuMsOf(() => renderProblem(problem))).toBeLessThan(50)
    expect(renderProblem(problem).length).toBeLessThan(1300)
  })
})

describe('any document', { timeout: WALL_MS }, () => {
  it('is valid, or is refused with faults that have their place', () => {
    const cpuMs = cpuMsOf(() =>
      fc.assert(
        fc.property(documentOf(DOCUMENT_SCHEMA, 12, true), (value) => {
          try {
            parse(stringify(value))
          } catch (err) {
            if (!(err instanceof ConfigErrors)) throw err
            expect(err.message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
          }
        }),
        { numRuns: DOCUMENTS },
      ),
    )
    expect(cpuMs).toBeLessThan(DOCUMENTS * MS_PER_DOCUMENT)
  })

  it('means the same to zod, where it is written, and to the walker, where it is read', () => {
    const cpuMs = cpuMsOf(() =>
      fc.assert(
        fc.property(
          fc.oneof(documentOf(DOCUMENT_SCHEMA, 0, false), documentOf(DOCUMENT_SCHEMA, 40, false)),
          (value) => {
            const zod = document.safeParse(value)
            const run = new Run()
            const place = { where: 'w', origin: { layer: 'file', text: 'f' } } as const
            const walked = walk(DOCUMENT_SCHEMA, treeOf(value, place), { path: '', key: '', place }, run)
            const faults = run.problems.filter(({ text }) => !/is taken already|says the same as/.test(text))
            // What only the walker asks for (names that occur once) is not in zod's hands.
            if (faults.length !== run.problems.length) return
            expect({ valid: faults.length === 0, faults: faults.map(renderProblem) }).toMatchObject({
              valid: zod.success,
            })
            if (zod.success) expect(walked).toEqual(withoutDeferred(zod.data))
          },
        ),
        { numRuns: READ_TWICE },
      ),
    )
    expect(cpuMs).toBeLessThan(READ_TWICE * MS_PER_DOCUMENT)
  })
})

/** Keys of a check are read later, by the schema of its type. */
function withoutDeferred(data: object): unknown {
  const { monitors, ...rest } = data as { monitors: Record<string, unknown>[] }
  return { ...rest, monitors: monitors.map(({ config: _, ...monitor }) => monitor) }
}
