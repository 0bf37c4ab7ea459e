import { readdir, readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { CheckDefinition, CheckResult, Finding, Happening } from '#monitor-kit'
import { type CheckUnderTest, startCheck, startFixture } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../libs/host/testing.ts'
import { system } from './monitor.ts'

const HERE = new URL('./', import.meta.url)

/** The kubelet owns these: a monitor that wrote them would fight it. */
const KUBELET_TYPES = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable']

/** Its clock is the kernel's own, which no folder of files can stand for: see clock.test.ts. */
const NOT_FROM_FILES = 'system-clock'

/** What the checks read. */
const READ_FILES = [
  'etc/fstab',
  'proc/7/stat',
  'proc/diskstats',
  'proc/loadavg',
  'proc/meminfo',
  'proc/net/dev',
  'proc/pressure/io',
  'proc/self/mountinfo',
  'proc/stat',
  'proc/sys/fs/file-nr',
  'proc/vmstat',
]

interface Room {
  readonly folder: string
  // biome-ignore lint/suspicious/noExplicitAny: checks of every configuration type
  readonly definition: CheckDefinition<any>
  readonly schema: z.ZodObject
  readonly fixtures: readonly string[]
}

const folders = (await readdir(new URL('checks/', HERE))).sort()
const rooms: readonly Room[] = await Promise.all(
  folders.map(async (folder) => {
    const definition = system.checks.find(({ type, aliases = [] }) => [type, ...aliases].includes(`system-${folder}`))
    if (definition === undefined) throw new Error(`checks/${folder} is not registered in monitor.ts`)
    const { schema } = (await import(new URL(`checks/${folder}/config.ts`, HERE).href)) as { schema: z.ZodObject }
    const fixtures = await readdir(new URL(`checks/${folder}/fixtures/`, HERE))
    return { folder, definition, schema, fixtures: fixtures.sort() }
  }),
)
const readme = await readFile(new URL('README.md', HERE), 'utf8')

/** Those whose whole world is a folder of files. */
const inFiles = rooms.filter(({ definition }) => definition.type !== NOT_FROM_FILES)

function declaredTypes(room: Room): readonly string[] {
  return room.definition.conditions.map(({ type }) => type).sort((a, b) => (a < b ? -1 : 1))
}

function fixturesOf(room: Room, kind: 'well' | 'sick' | 'hostile'): readonly string[] {
  return room.fixtures.filter((name) => name.startsWith(kind))
}

/** Six runs: enough for what must be sustained, and for the difference between two. */
async function runs(check: CheckUnderTest): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = []
  for (let i = 0; i < 6; i++) results.push(await check.run())
  return results
}

interface Seen {
  readonly fixture: string
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
}

async function runsOver(room: Room, name: string): Promise<readonly CheckResult[]> {
  const folder = new URL(`checks/${room.folder}/fixtures/${name}`, HERE).pathname
  const own = await readFile(`${folder}/config.json`, 'utf8').catch(() => '{}')
  await using check = await startFixture(room.definition, { folder, config: room.schema.parse(JSON.parse(own)) })
  return await runs(check)
}

/** All that is said over one fixture. */
async function seenOver(room: Room, name: string): Promise<Seen> {
  const results = await runsOver(room, name)
  return {
    fixture: name,
    findings: results.flatMap(({ findings }) => findings),
    events: results.flatMap(({ events }) => events ?? []),
  }
}

test('every folder of checks is registered, and nothing else is', () => {
  expect(rooms).toHaveLength(system.checks.length)
})

test('condition types, event reasons and metrics belong to one check each', () => {
  const names = system.checks.flatMap(({ conditions, events = [], metrics = [] }) => [
    ...conditions.map(({ type }) => type),
    ...events.map(({ reason }) => reason),
    ...metrics.map(({ name }) => name),
  ])
  expect(new Set(names).size).toBe(names.length)
  for (const type of KUBELET_TYPES) expect(names).not.toContain(type)
})

test('every condition says to people what it is, from where, from when on, and what proves it gone', () => {
  for (const spec of system.checks.flatMap(({ conditions }) => conditions)) {
    const texts = [spec.description, spec.label, spec.healthyMessage, spec.recoveryText ?? '']
    const facts = [spec.source, spec.warning, spec.critical, spec.sustained]
    expect({ type: spec.type, empty: [...texts, ...facts].filter((text) => text.trim() === '') }).toEqual({
      type: spec.type,
      empty: [],
    })
    expect(spec.type).toMatch(/^[A-Z][A-Za-z]+$/)
    expect(spec.healthyReason).toMatch(/^[A-Z][A-Za-z]+$/)
  }
})

test('the README names every check, condition, event, metric and key of the configuration', () => {
  for (const { definition, schema } of rooms) {
    const { type, conditions, events = [], metrics = [] } = definition
    const names = [
      type,
      ...conditions.map((condition) => condition.type),
      ...events.map(({ reason }) => reason),
      ...metrics.map(({ name }) => name),
      ...Object.keys(schema.shape),
    ]
    for (const name of names) expect(readme).toContain(`\`${name}\``)
  }
})

describe.each(rooms)('$folder', (room) => {
  const { definition, schema } = room

  test('has a complete default configuration, every key described', () => {
    const described = z.toJSONSchema(schema, { io: 'input' })
    expect(described.required ?? []).toEqual([])
    for (const value of Object.values(described.properties ?? {})) {
      expect(value).toMatchObject({ description: expect.stringMatching(/.{20}/), default: expect.anything() })
    }
    expect(() => schema.parse({ unknownKey: 1 })).toThrow('unknownKey')
  })

  test('no warning limit may lie above its critical one', () => {
    const described = z.toJSONSchema(schema, { io: 'input' })
    const keys = Object.keys(described.properties ?? {})
    const pairs = keys
      .map((key) => [key, key.replace('warning', 'critical').replace('Warning', 'Critical')])
      .filter(([low, high = '']) => low !== high && keys.includes(high))
    expect(described['order'] ?? []).toEqual(pairs)
  })

  test('has fixtures, well and sick', () => {
    expect(fixturesOf(room, 'well')).not.toEqual([])
    expect(fixturesOf(room, 'sick').length > 0).toBe(definition.conditions.length > 0)
  })

  test('declares every metric it reports on this machine, and every event', async () => {
    expectDeclared(room, await runs(startCheck(definition, { root: '', config: schema.parse({}) })))
  })
})

function expectDeclared({ definition }: Room, results: readonly CheckResult[]): void {
  const metrics = (definition.metrics ?? []).map(({ name }) => name)
  const reasons = (definition.events ?? []).map(({ reason }) => reason)
  for (const { name, value } of results.flatMap((result) => result.metrics ?? [])) {
    expect(metrics).toContain(name)
    expect(Number.isFinite(value)).toBe(true)
  }
  for (const { reason } of results.flatMap((result) => result.events ?? [])) expect(reasons).toContain(reason)
}

/** The number after "limit". */
function limitIn(message: string): number {
  return Number(/limit ([\d.,]+)/.exec(message)?.[1]?.replaceAll(',', ''))
}

function namedIn({ findings }: CheckResult): readonly string[] {
  return findings.map(({ type, entity = '' }) => `${type} ${entity}`)
}

describe.each(inFiles)('$folder over files', (room) => {
  const { definition, schema } = room

  test('its second whole run names every condition that it watches, also what is pending', async () => {
    for (const name of room.fixtures) {
      const whole = (await runsOver(room, name)).filter(({ partial }) => partial !== true)
      const [, second, ...later] = whole
      const known = second === undefined ? [] : namedIn(second)
      const late = later.flatMap(namedIn).filter((condition) => !known.includes(condition))
      expect({ fixture: name, late }).toEqual({ fixture: name, late: [] })
    }
  })

  test('healthy input is never a problem, nor unknown', async () => {
    for (const name of fixturesOf(room, 'well')) {
      const { fixture, findings, events } = await seenOver(room, name)
      const unwell = findings.filter(({ health }) => health !== 'healthy')
      const alarming = events.filter(({ severity }) => severity !== 'info')
      expect({ fixture, unwell, alarming }).toEqual({ fixture: name, unwell: [], alarming: [] })
    }
  })

  test('each of its conditions has a sick fixture that raises it, with a headline', async () => {
    const raised = new Set<string>()
    for (const name of fixturesOf(room, 'sick')) {
      const { fixture, findings, events } = await seenOver(room, name)
      const problems = findings.filter(({ health }) => health === 'problem')
      const alarming = events.filter(({ severity }) => severity !== 'info')
      expect({ fixture, raises: problems.length + alarming.length > 0 }).toEqual({ fixture: name, raises: true })
      for (const { type, summary = '' } of problems) {
        raised.add(type)
        expect(summary.trim()).not.toBe('')
      }
    }
    expect([...raised].sort((a, b) => (a < b ? -1 : 1))).toEqual(declaredTypes(room))
  })

  test("what must last is counted anew after a person's word, and a word about nothing changes nothing", async () => {
    const lasting = definition.conditions.filter(({ sustained }) => /in a row|\d s/.test(sustained))
    for (const name of fixturesOf(room, 'sick')) {
      const folder = new URL(`checks/${room.folder}/fixtures/${name}`, HERE).pathname
      await using check = await startFixture(definition, { folder, config: schema.parse({}) })
      check.clear('NoSuchType', 'nothing')
      const problems = ((await runs(check)).at(-1)?.findings ?? []).filter(
        ({ type, health, reason }) =>
          health === 'problem' && reason !== 'IOStalled' && lasting.some((spec) => spec.type === type),
      )
      for (const { type, entity } of problems) check.clear(type, entity)
      const { findings } = await check.run()
      for (const { type, entity } of problems) {
        expect(findings.find((finding) => finding.type === type && finding.entity === entity)).toMatchObject({
          pending: true,
        })
      }
    }
  })

  test('its messages name the limit that their reason speaks of, and what is pending says its reading', async () => {
    for (const name of [...fixturesOf(room, 'well'), ...fixturesOf(room, 'sick')]) {
      for (const finding of (await seenOver(room, name)).findings) {
        const { reason, message, evidence } = finding
        const level = /^Above(Warning|Critical)Limit$/.exec(reason)?.[1]?.toLowerCase() as 'warning' | 'critical'
        if (level !== undefined) expect(limitIn(message)).toBeCloseTo(evidence?.[level] ?? Number.NaN, 1)
        if (finding.pending === true) expect(message).toMatch(/\d| shows at the next check|not known/)
        if (reason === 'NotSustainedYet') expect(message).toMatch(/\bin \d+ of \d+ checks in a row|for \d.*limit /)
      }
    }
  })

  test('input that is hostile, empty or missing is never a problem, and never healthy', async () => {
    for (const name of fixturesOf(room, 'hostile')) {
      const { fixture, findings } = await seenOver(room, name)
      const spoken = findings.filter(({ health }) => health !== 'unknown')
      expect({ fixture, spoken }).toEqual({ fixture: name, spoken: [] })
    }
  })

  test('declares every metric it reports over fixtures, and every event', async () => {
    for (const name of [...fixturesOf(room, 'well'), ...fixturesOf(room, 'sick')]) {
      expectDeclared(room, await runsOver(room, name))
    }
  })

  test('whatever stands in its files, it says only what it declared, and no problem by accident', async () => {
    const content = fc.record(Object.fromEntries(READ_FILES.map((path) => [path, fc.string({ maxLength: 80 })])))
    await fc.assert(
      fc.asyncProperty(content, async (tree) => {
        await using folder = await tempFolder()
        await writeTree(folder.path, tree)
        const check = startCheck(room.definition, { root: folder.path, config: room.schema.parse({}) })
        // A check without conditions tells its failure as the error of the run.
        const { findings } = await check.run().catch(() => ({ findings: [] }))
        for (const { type, health } of findings) {
          expect(declaredTypes(room)).toContain(type)
          expect(health).not.toBe('problem')
        }
      }),
      { numRuns: 30 },
    )
  })
})
