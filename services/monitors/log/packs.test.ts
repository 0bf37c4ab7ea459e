import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { PACKS } from '#log-rules'
import { compilePattern, compileToEnd, createLineMatcher, type Pattern } from '#pattern'
import { CATALOG } from '../../../libs/config/catalog.ts'
import { mountPatterns } from './rules/mount-lines.ts'
import { GO_NODE_DOCTOR_NAMES, NPD_NAMES, ORDINARY_LINES, OVER_LINES } from './testing-packs.ts'

const FOLDER = join(import.meta.dirname, 'packs')
const CAMEL = /^[A-Z][A-Za-z0-9]{0,62}$/
const DURATION = /^(?:\d+[hms])+$/
const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

const file = z.array(
  z
    .strictObject({
      name: z.string().regex(KEBAB),
      aliases: z.array(z.string().regex(KEBAB)),
      reason: z.string().regex(CAMEL),
      condition: z.string().regex(CAMEL).optional(),
      severity: z.enum(['info', 'warning', 'error', 'critical']),
      pattern: z.string().min(1).max(1024),
      entity: z.string().min(1).max(128).optional(),
      message: z.string().min(1).max(512),
      threshold: z.strictObject({ count: z.int().min(2), within: z.string().regex(DURATION) }).optional(),
      recover: z
        .strictObject({
          match: z.string().min(1).max(1024).optional(),
          absentFor: z.string().regex(DURATION).optional(),
          reboot: z.boolean().optional(),
          unmounted: z.boolean().optional(),
        })
        .optional(),
      atUnmount: z.string().min(1).max(1024).optional(),
      // A version and a source file ("Linux 6.8, mm/oom_kill.c"), or the address of a public report.
      lines: z.array(z.strictObject({ text: z.string().min(1), from: z.string().regex(/, |^https:\/\//) })).min(3),
      misses: z.array(z.string().min(1)).min(2),
    })
    .refine(({ condition, recover }) => (condition === undefined) === (recover === undefined), 'condition and recover'),
)

const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort()
const packs = names.map((name) => ({
  name: name.replace(/\.json$/, ''),
  rules: file.parse(JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))),
}))
const rules = packs.flatMap((pack) => pack.rules.map((rule) => ({ ...rule, pack: pack.name })))
type Rule = (typeof rules)[number]
const compiled = new Map<Rule, Pattern>()

function patternOf(rule: Rule): Pattern {
  const pattern = compiled.get(rule) ?? compilePattern(rule.pattern)
  compiled.set(rule, pattern)
  return pattern
}

const matcher = createLineMatcher(rules.map(patternOf), { bufferLines: 1 })

/** Rules that tell a line, as the line matcher of a log finds them: with the prefilter. */
function whoTells(text: string): string[] {
  return matcher.push(Buffer.from(text)).map(({ pattern }) => (rules[pattern] as Rule).name)
}

/** Condition types and reasons of the other monitors. */
function namesOfOthers(): string[] {
  const others = CATALOG.checks.filter(({ monitor }) => monitor !== 'log')
  return others.flatMap(({ conditions, events }) => [
    ...conditions.map(({ type }) => type),
    ...(events ?? []).map(({ reason }) => reason),
  ])
}

function groupsOf(template: string): string[] {
  return [...template.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] as string)
}

it('has what libs/log-rules carries, without lines and misses', () => {
  const told = packs.map(({ name, rules: all }) => ({
    name,
    rules: all.map(({ lines: _, misses: __, ...rule }) => rule),
  }))
  expect(PACKS).toEqual(told)
})

describe.each(rules)('$pack/$name', (rule) => {
  it('compiles, also as a pattern that is held to the end', () => {
    expect(() => patternOf(rule)).not.toThrow()
    expect(() => compileToEnd(rule.pattern)).not.toThrow()
  })

  it('has words without which no line is looked at', () => {
    const [first = []] = patternOf(rule).needs
    expect(Math.min(...first.map(({ bytes }) => bytes.length), Infinity)).toBeGreaterThanOrEqual(4)
  })

  it.each(rule.lines)('tells, and no other rule does: $text', ({ text }) => {
    expect(whoTells(text)).toEqual([rule.name])
  })

  it.each(rule.lines)('tells behind what syslog and dmesg put before a line: $text', ({ text }) => {
    expect(whoTells(`Nov 29 12:00:00 worker-1 kernel: ${text}`)).toEqual([rule.name])
    expect(whoTells(`[ 1234.567890] ${text}`)).toEqual([rule.name])
  })

  it.each(rule.misses)('does not tell, and no other rule does: %s', (miss) => {
    expect(whoTells(miss)).toEqual([])
  })

  it('says in entity and message only what its pattern finds in each of its lines', () => {
    const pattern = patternOf(rule)
    const missing = groupsOf(`${rule.entity ?? ''} ${rule.message}`).flatMap((group) => {
      const place = pattern.names.get(group) ?? -1
      return rule.lines.flatMap(({ text }) => (pattern.find(text)?.groups[place] ? [] : [`${group} of ${text}`]))
    })
    expect(missing).toEqual([])
  })

  it('says of what comes of unmounting that it is one of its lines', () => {
    if (rule.atUnmount !== undefined) {
      const atUnmount = compilePattern(rule.atUnmount)
      expect(rule.lines.filter(({ text }) => atUnmount.test(text))).not.toEqual([])
    }
  })

  it('has in its message no text of a shell, and begins it like a sentence that goes on', () => {
    expect(rule.message).not.toMatch(/\.$|\$(?!\{)/)
  })
})

it.each(ORDINARY_LINES)('no rule tells what is ordinary: %s', (line) => {
  expect(whoTells(line)).toEqual([])
})

describe('names', () => {
  it('are each of one rule, aliases included', () => {
    const all = rules.flatMap(({ name, aliases }) => [name, ...aliases])
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([])
  })

  it('have the 58 of the Go Node Doctor as aliases', () => {
    const aliases = rules.flatMap((rule) => rule.aliases)
    expect(GO_NODE_DOCTOR_NAMES).toHaveLength(58)
    expect(GO_NODE_DOCTOR_NAMES.filter((name) => !aliases.includes(name))).toEqual([])
  })

  it('are no types or reasons of another monitor, and none that files of node-problem-detector tell word by word', () => {
    const taken = [...NPD_NAMES, ...namesOfOthers()]
    expect(
      rules.flatMap(({ reason, condition }) => [reason, condition]).filter((one) => taken.includes(one ?? '')),
    ).toEqual([])
  })
})

/** Lines that end what a rule raises. */
function clearingOf({ recover }: Pick<Rule, 'recover'>): Pattern[] {
  const { match, unmounted } = recover ?? {}
  const mounts = unmounted === true ? mountPatterns().map(([, pattern]) => pattern) : []
  return [...(match === undefined ? [] : [compilePattern(match)]), ...mounts]
}

describe('a condition', () => {
  const raising = rules.filter(({ condition }) => condition !== undefined)

  it('of several rules is over by the same proofs', () => {
    const first = new Map([...raising].reverse().map((rule) => [rule.condition, rule.recover]))
    const apart = raising.filter(({ condition, recover }) => !isDeepStrictEqual(first.get(condition), recover))
    expect(apart.map(({ name }) => name)).toEqual([])
  })

  it('is over by nothing that raises one, and by lines that say of which entity', () => {
    const faults = raising.flatMap(({ name, entity = '', recover }) => {
      const patterns = clearingOf({ recover })
      return patterns.flatMap((clearing) => {
        const unnamed = groupsOf(entity).filter((group) => !clearing.names.has(group))
        const raised = rules
          .filter((rule) => rule.atUnmount === undefined)
          .flatMap(({ lines }) => lines.filter(({ text }) => clearing.test(text)).map(({ text }) => text))
        return [...unnamed, ...raised, ...(clearing.needs.length > 0 ? [] : ['no words'])].map(
          (fault) => `${name}: ${fault}`,
        )
      })
    })
    expect(faults).toEqual([])
  })

  it.each(OVER_LINES)('$condition of $entity is over by: $text', ({ condition, entity, text }) => {
    const ended = raising.flatMap((rule) =>
      clearingOf(rule).flatMap((clearing) => {
        const found = clearing.find(text)
        const of = (rule.entity ?? '').replace(
          /\$\{(\w+)\}/g,
          (_, group) => found?.groups[clearing.names.get(group) ?? 0] ?? '',
        )
        return found === undefined ? [] : [`${rule.condition} of ${of}`]
      }),
    )
    expect(ended).toContain(`${condition} of ${entity}`)
    expect(whoTells(text)).toEqual([])
  })

  it('that a line ends has one above', () => {
    const shown = new Set(OVER_LINES.map((line) => line.condition))
    expect(raising.filter((rule) => clearingOf(rule).length > 0 && !shown.has(rule.condition ?? ''))).toEqual([])
  })
})
