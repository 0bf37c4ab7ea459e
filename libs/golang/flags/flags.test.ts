import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  boolFlag,
  durationFlag,
  FlagError,
  flagUsages,
  float32Flag,
  intFlag,
  KLOG_FLAGS,
  listFlag,
  parseFlags,
  stringFlag,
} from './index.ts'
import { parseList, printList } from './list.ts'

interface Outcome {
  readonly words: readonly string[]
  readonly error?: string
  readonly help?: boolean
  readonly notices?: string
  readonly args?: readonly string[]
  readonly values?: Readonly<Record<string, unknown>>
  readonly printed?: Readonly<Record<string, string>>
}

const FILE = join(import.meta.dirname, '../fixtures/flags/table.json')
const { usage, outcomes } = JSON.parse(readFileSync(FILE, 'utf8')) as { usage: string; outcomes: readonly Outcome[] }

/** As the program declares them that made the table. */
const FLAGS = {
  component: stringFlag('kubelet', 'The component to check.\nOne of `several`'),
  'systemd-service': stringFlag('', 'The service', {
    deprecated: 'please use --service flag instead',
    into: 'service',
  }),
  service: stringFlag('', 'The service'),
  'enable-repair': boolFlag(true, 'Whether it is repaired'),
  quiet: boolFlag(false, 'Whether it is quiet', { shorthand: 'q' }),
  count: intFlag(1, 'How often', { shorthand: 'c' }),
  'kube-api-qps': float32Flag(500, 'How many a second'),
  wait: durationFlag(120_000_000_000n, 'How long'),
  config: listFlag([], 'Files'),
  ...KLOG_FLAGS,
} as const

/** The outcome of a command line, in the table's form. */
function outcomeOf(words: readonly string[]): Outcome {
  try {
    const { values, args, notices, isHelp } = parseFlags(FLAGS, words)
    const said = notices.map((line) => `${line}\n`).join('')
    const noticed = said === '' ? {} : { notices: said }
    if (isHelp) return { words, help: true, ...noticed }
    const { v, vmodule: _, logtostderr: __, 'systemd-service': ___, ...own } = values
    const shown = { ...own, wait: Number(own.wait), 'kube-api-qps': Math.fround(own['kube-api-qps']) }
    return { words, ...noticed, ...(args.length > 0 && { args }), values: shown, printed: { v: String(v) } }
  } catch (err) {
    if (!(err instanceof FlagError)) throw err
    return { words, error: err.message }
  }
}

describe('what pflag says of', () => {
  it.each(outcomes)('the command line $words', ({ words, notices, ...outcome }) => {
    const single = outcome.values && {
      values: { ...outcome.values, 'kube-api-qps': Math.fround(outcome.values['kube-api-qps'] as number) },
    }
    // Of what is refused pflag has said the notices before; here the refusal is all.
    const expected = { words, ...outcome, ...single, ...(notices && outcome.error === undefined && { notices }) }
    expect(outcomeOf(words)).toEqual(expected)
  })

  it('its flags, for --help', () => {
    expect(flagUsages('program', FLAGS)).toBe(`Usage of program:\n${usage}`)
  })
})

describe('whatever is asked', () => {
  const piece = fc.constantFrom('-', '--', '=', 'q', 'c', 'count', 'config', 'x', '"', ',', '1', ' ', 'wait', 'é', '\n')
  const word = fc.oneof(
    fc.array(piece, { maxLength: 6 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  )

  it('a command line is read, or refused in words', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (words) => {
        const { error, help, values } = outcomeOf(words)
        expect(error !== undefined || help === true || values !== undefined).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  it('a list comes back as it was printed', () => {
    // A "\r" before a line break is dropped, and a list of one empty text is none.
    const text = fc.string({ unit: 'grapheme' }).filter((each) => !each.includes('\r'))
    fc.assert(
      fc.property(fc.array(text, { minLength: 2 }), (values) => {
        expect(parseList(printList(values))).toEqual(values)
      }),
    )
  })

  it('names what was given, once, in its order', () => {
    const { given } = parseFlags(FLAGS, ['--wait=1s', '-q', '--wait=2s', '--count', '3'])
    expect(given).toEqual(['wait', 'quiet', 'count'])
  })
})
