import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { CATALOG, checkOf } from '../../catalog.ts'
import { HEAD, parse } from '../../testing.ts'
import { readYaml } from '../../tree/read-yaml.ts'
import { plainOf } from '../../tree/tree.ts'
import keys from './keys.json' with { type: 'json' }
import { readGo } from './read.ts'
import { COMMAND_LINE } from './rows/command-line.ts'
import { CNI_HALVES } from './rows/peers.ts'
import { SECTIONS, TYPE_SECTIONS, TYPES } from './tables.ts'
import { NEEDED } from './testing-documents.ts'
import type { Row, Section } from './types.ts'

type Plain = Record<string, unknown>

/** What a key needs beside it, so that the document holds without it. */
const BESIDE: readonly (readonly [begins: string, beside: Plain])[] = [
  ['monitors[].remediation.', { strategy: 'systemd-restart', service: 'kubelet' }],
  ['monitors[].', { name: 'one', type: 'system-cpu' }],
  ['remediation.overrides[].', { problem: 'DiskFull' }],
  ['exporters.kubernetes.annotations[].', { key: 'example.org/a' }],
  ['exporters.http.endpoints[].', { path: '/a', handler: 'liveness' }],
  ['endpoints[].', { url: 'https://a' }],
  ['customQueries[].', { domain: 'a.example.org' }],
  ['mountPoints[].', { path: '/srv' }],
  ['paths[].', { path: '/srv' }],
]

function besideOf(key: string): Plain {
  return BESIDE.find(([begins]) => key.startsWith(begins))?.[1] ?? {}
}

/** A fragment with a value at a key, `[]` behind what is a list, and in the innermost map or item what it needs. */
function fragment(key: string, value: unknown): Plain {
  const beside = besideOf(key)
  const depth = key.split('[].').length
  function build(steps: readonly string[], lists: number): unknown {
    const [step, ...rest] = steps
    if (step === undefined) return value
    const isList = step.endsWith('[]')
    const name = isList ? step.slice(0, -2) : step
    const more = isList && rest.length > 0 ? lists + 1 : lists
    const inner = build(rest, more)
    const isBeside = key.startsWith('monitors[].remediation.')
      ? name === 'remediation'
      : isList && rest.length > 0 && more === depth - 1
    const whole = isBeside && typeof inner === 'object' && !Array.isArray(inner) ? { ...beside, ...inner } : inner
    const named = name === 'monitors' ? { name: 'one', type: 'system-cpu', ...(whole as Plain) } : whole
    return { [name]: isList ? [named] : whole }
  }
  return build(key.split('.'), 0) as Plain
}

function at(value: unknown, key: string): unknown {
  return key
    .replace(/\[\]/g, '.0')
    .split('.')
    .reduce<unknown>((inside, step) => (inside as Plain | undefined)?.[step], value)
}

/** A document with a fragment in it, or with a check that has it as its keys. */
function documentOf({ types }: Section, keysOf: Plain): string {
  const head = HEAD.replace(/\n$/, '')
  if (types === undefined) {
    const { apiVersion, kind, metadata, ...rest } = keysOf
    const own = { apiVersion: apiVersion ?? 'node-doctor.io/v1alpha1', kind: kind ?? 'NodeDoctorConfig' }
    return stringify({ ...own, metadata: { name: 'test', ...(metadata as Plain | undefined) }, ...rest })
  }
  const config = { ...NEEDED[types[0] ?? ''], ...keysOf }
  return `${head}\n${stringify({ monitors: [{ name: 'one', type: types[0], config }] })}`
}

function read(text: string) {
  const { tree, problems } = readYaml(text, 'config.yaml', 'config.yaml')
  const reading = readGo(tree)
  return { ...reading, problems: [...problems, ...reading.problems], plain: plainOf(reading.tree) as Plain }
}

const ALL = [...SECTIONS, ...TYPE_SECTIONS]
const CASES = ALL.flatMap((section) =>
  section.rows.map((row) => [`${section.title}: ${row.key}`, section, row] as const),
)

/** What a step looks at beside its key. */
const AROUND: readonly (readonly [begins: string, around: Plain])[] = [
  ['exporters.kubernetes.annotations[].', { key: 'example.org/a' }],
  ['exporters.http.webhooks[].', { name: 'chat', url: 'https://chat' }],
  ['exporters.http.controller.', { enabled: true }],
  ['exporters.http.', { webhooks: [{ name: 'chat', url: 'https://chat' }] }],
]

/** The same of a key that a step takes, with what it looks at beside it in the innermost map. */
function stepFragment(key: string, value: unknown): Plain {
  // Whether the page is on is said without any of them.
  const around = key === 'exporters.http.enabled' ? undefined : AROUND.find(([begins]) => key.startsWith(begins))
  if (around !== undefined) {
    const [begins, beside] = around
    const own = fragment(key.slice(begins.length), value)
    return fragment(
      begins.slice(0, -1).replace(/\[\]$/, ''),
      begins.endsWith('[].') ? [{ ...beside, ...own }] : { ...beside, ...own },
    )
  }
  return fragment(key, value)
}

/** Where what a step makes of a key stands, if that is another place than its row says. */
const STANDS: Readonly<Record<string, string>> = {
  'cniHealth.enabled': 'monitors.1.enabled',
  'exporters.kubernetes.conditions[].type': 'exporters.kubernetes.conditions.always.8',
}

/** Keys below which the fragment stands. */
function placeOf({ types }: Section, row: Row, key: string): string {
  const index = CNI_HALVES['network-cni'].includes(row) ? 1 : 0
  return types === undefined ? key : `monitors.${index}.config.${key}`
}

/** By a check of the catalogue: the moment that there is one its schema is held against the rows. */
function isServed({ types }: Section, row: Row): boolean {
  if (types === undefined) return true
  const half = Object.entries(CNI_HALVES).find(([, rows]) => rows.includes(row))?.[0]
  return (half === undefined ? types : [half]).some((type) => checkOf(CATALOG, type) !== undefined)
}

describe('the table', () => {
  it('has a row for each key of the reference, and no other', () => {
    const { types, ...rest } = keys
    const rows = Object.fromEntries(ALL.map(({ title, rows: own }) => [title, own.map(({ key }) => key)]))
    const words = COMMAND_LINE.map(({ key }) => key)
    const sorted = (lists: Readonly<Record<string, readonly string[]>>) =>
      Object.fromEntries(Object.entries(lists).map(([title, list]) => [title, list.toSorted()]))
    expect(sorted({ ...rows, '3.3 command line': words })).toEqual(sorted(rest))
    expect(TYPES.map(({ type }) => type).toSorted()).toEqual(types.toSorted())
  })

  it('says of each refused key why it has no effect, and what to write in its place', () => {
    const bare = CASES.filter(([, , { status, why, instead }]) => status === 'refused' && (!why || !instead))
    expect(bare.map(([title]) => title)).toEqual([])
  })

  it.each(CASES.filter(([, , { isStep }]) => isStep !== true))('%s', (_, section, row) => {
    const [theirs, ours = theirs] = row.example
    const { plain, notes, problems } = read(documentOf(section, fragment(row.key, theirs)))
    const own = notes.filter(({ key }) => !key.endsWith('.type'))
    const isList = row.key.endsWith('[]')
    expect(problems).toEqual([])
    const target = placeOf(section, row, row.to ?? row.key).replace(/\[\]$/, '')
    const expected = isList && !Array.isArray(ours) ? [ours] : ours
    if (row.status === 'works') {
      expect(at(plain, target)).toEqual(
        typeof expected === 'object' && !Array.isArray(expected) ? expect.objectContaining(expected) : expected,
      )
      expect(own).toEqual([])
    } else if (row.status === 'renamed') {
      expect(at(plain, target)).toEqual(ours)
      expect(own.map(({ dialect }) => dialect?.status)).toEqual(['renamed'])
    } else {
      expect(row.status).toBe('refused')
      expect(at(plain, target)).toBeUndefined()
      expect(own.map(({ text }) => text)).toEqual([`has no effect: ${row.why}; ${row.instead}`])
    }
  })

  it.each(CASES.filter(([, , { isStep }]) => isStep === true))('%s, by a step', (_, section, row) => {
    const [theirs, ours = theirs] = row.example
    const text = documentOf(section, stepFragment(row.key, theirs))
    const { plain, notes, problems, missing } = read(text)
    const own = notes.filter(({ key }) => !key.endsWith('.type')).map(({ dialect }) => dialect?.status)
    expect(problems).toEqual([])
    if (row.status === 'works') {
      expect([at(plain, placeOf(section, row, row.key)), own]).toEqual([ours, []])
      return
    }
    // Where a key stood there is nothing any more, or what is made of it.
    if (row.status === 'renamed') {
      const target = STANDS[row.key] ?? placeOf(section, row, row.to ?? row.key)
      const value = at(plain, target)
      expect(value).toEqual(typeof ours === 'object' && !Array.isArray(ours) ? expect.objectContaining(ours) : ours)
    } else expect(JSON.stringify(plain)).not.toContain(`"${row.key.split('.').at(-1)}":${JSON.stringify(theirs)}`)
    if (row.key !== 'cniHealth.enabled') expect(own).toContain(row.status)
    if (row.status === 'later' && AROUND.some(([begins]) => row.key.startsWith(begins))) expect(missing).toHaveLength(1)
  })

  it.each(CASES.filter(([, section, row]) => isServed(section, row) && row.status !== 'later'))(
    '%s is taken by the walk',
    (_, section, row) => {
      const [theirs] = row.example
      const text = documentOf(section, fragment(row.key, theirs))
      const env = { KUBELET_TOKEN: 't', NODE_NAME: 'worker-1' }
      const { notes = [] } = parse(text, { env })
      expect(notes.filter(({ dialect }) => dialect === undefined && isOfWalk(row))).toEqual([])
    },
  )

  it('has values that hold anyway, of which nothing is said', () => {
    for (const [, section, { key, holds = [] }] of CASES)
      for (const value of holds) {
        const { notes, problems } = read(documentOf(section, fragment(key, value)))
        // A list beside it may have another name.
        const own = notes.filter(({ dialect }) => dialect?.status === 'refused')
        expect([key, value, own, problems]).toEqual([key, value, [], []])
      }
  })
})

/** Repairs that are written while they are off are noted, whatever they are. */
function isOfWalk({ key }: Row): boolean {
  return !key.includes('remediation')
}
