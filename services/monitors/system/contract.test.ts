import { readdir, readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { CheckDefinition, CheckResult } from '#monitor-kit'
import { tempFolder, writeTree } from '../../../libs/host/testing.ts'
import { system } from './monitor.ts'
import { type CheckUnderTest, startCheck, startFixture } from './testing.ts'

const HERE = new URL('./', import.meta.url)

/** The kubelet owns these: a monitor that wrote them would fight it. */
const KUBELET_TYPES = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable']

/** Its clock is the kernel's own, which no folder of files can stand for: see clock.test.ts. */
const NOT_FROM_FILES = 'system-clock'

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

/** Six runs: enough for what must be sustained, and for the difference between two. */
async function runs(check: CheckUnderTest): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = []
  for (let i = 0; i < 6; i++) results.push(await check.run())
  return results
}

async function runsOver(room: Room, name: string): Promise<readonly CheckResult[]> {
  const folder = new URL(`checks/${room.folder}/fixtures/${name}`, HERE).pathname
  const own = await readFile(`${folder}/config.json`, 'utf8').catch(() => '{}')
  await using check = await startFixture(room.definition, { folder, config: room.schema.parse(JSON.parse(own)) })
  return await runs(check)
}

test('every folder of checks is registered, and nothing else is', () => {
  expect(rooms).toHaveLength(system.checks.length)
})

test('condition types, event reasons, metrics and titles belong to one check each', () => {
  const names = system.checks.flatMap(({ conditions, events = [], metrics = [] }) => [
    ...conditions.map(({ type }) => type),
    ...events.map(({ reason }) => reason),
    ...metrics.map(({ name }) => name),
  ])
  expect(new Set(names).size).toBe(names.length)
  for (const type of KUBELET_TYPES) expect(names).not.toContain(type)
})

test('every condition says to people what it is, from where, from when on, and what proves it gone', () => {
  for (const { conditions } of system.checks) {
    for (const spec of conditions) {
      const texts = [spec.description, spec.label, spec.healthyMessage, spec.recoveryText]
      const facts = [spec.source, spec.warning, spec.critical, spec.sustained]
      for (const text of [...texts, ...facts]) expect(text?.trim() ?? '', spec.type).not.toBe('')
      expect(spec.type).toMatch(/^[A-Z][A-Za-z]+$/)
      expect(spec.healthyReason).toMatch(/^[A-Z][A-Za-z]+$/)
    }
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
    for (const name of names) expect(readme, `${type}: ${name}`).toContain(`\`${name}\``)
  }
})

describe.each(rooms)('$folder', (room) => {
  const { definition, schema } = room
  const declared = new Set(definition.conditions.map(({ type }) => type))
  const inFiles = definition.type !== NOT_FROM_FILES

  test('has a complete default configuration, every key described', () => {
    const described = z.toJSONSchema(schema, { io: 'input' })
    expect(described.required ?? []).toEqual([])
    for (const [key, value] of Object.entries(described.properties ?? {})) {
      expect(value, key).toMatchObject({ description: expect.stringMatching(/.{20}/), default: expect.anything() })
    }
    expect(() => schema.parse({ unknownKey: 1 })).toThrow()
  })

  test('has fixtures, well and sick', () => {
    expect(room.fixtures.some((name) => name.startsWith('well'))).toBe(true)
    expect(room.fixtures.some((name) => name.startsWith('sick'))).toBe(declared.size > 0)
  })

  test.runIf(inFiles)('healthy input is never a problem, nor unknown', async () => {
    for (const name of room.fixtures.filter((fixture) => fixture.startsWith('well'))) {
      for (const result of await runsOver(room, name)) {
        expect(
          result.findings.filter(({ health }) => health !== 'healthy'),
          name,
        ).toEqual([])
        expect(
          (result.events ?? []).filter(({ severity }) => severity !== 'info'),
          name,
        ).toEqual([])
      }
    }
  })

  test.runIf(inFiles && declared.size > 0)('each of its conditions has a sick fixture that raises it', async () => {
    const raised = new Set<string>()
    for (const name of room.fixtures.filter((fixture) => fixture.startsWith('sick'))) {
      const results = await runsOver(room, name)
      const problems = results.flatMap(({ findings }) => findings).filter(({ health }) => health === 'problem')
      const events = results.flatMap((result) => result.events ?? []).filter(({ severity }) => severity !== 'info')
      expect(problems.length + events.length, name).toBeGreaterThan(0)
      for (const { type, summary } of problems) {
        raised.add(type)
        expect(summary?.trim() ?? '', `${name} ${type}`).not.toBe('')
      }
    }
    expect([...raised].sort()).toEqual([...declared].sort())
  })

  test.runIf(inFiles)('input that is hostile, empty or missing is never a problem, and never healthy', async () => {
    for (const name of room.fixtures.filter((fixture) => fixture.startsWith('hostile'))) {
      for (const result of await runsOver(room, name)) {
        const spoken = result.findings.filter(({ health }) => health !== 'unknown')
        expect(spoken, name).toEqual([])
      }
    }
  })

  test.runIf(inFiles)(
    'whatever stands in its files, it says only what it declared, and no problem by accident',
    async () => {
      const files =
        definition.type === 'disk-health-check' ? ['proc/self/mountinfo', 'proc/diskstats', 'etc/fstab'] : []
      const paths = [
        ...files,
        'proc/loadavg',
        'proc/stat',
        'proc/meminfo',
        'proc/vmstat',
        'proc/pressure/io',
        'proc/sys/fs/file-nr',
        'proc/net/dev',
        'proc/7/stat',
      ]
      const content = fc.record(Object.fromEntries(paths.map((path) => [path, fc.string({ maxLength: 80 })])))
      await fc.assert(
        fc.asyncProperty(content, async (tree) => {
          await using folder = await tempFolder()
          await writeTree(folder.path, tree)
          const check = startCheck(definition, { root: folder.path, config: schema.parse({}) })
          const result = await check.run().catch((error: unknown) => {
            // Checks without conditions tell their failures as the error of the run.
            expect(error).toMatchObject({ code: expect.any(String) })
            return { findings: [] }
          })
          for (const { type, health } of result.findings) {
            expect(declared).toContain(type)
            expect(health).not.toBe('problem')
          }
        }),
        { numRuns: 30 },
      )
    },
  )

  test('declares every metric it reports, and every event', async () => {
    const metrics = new Set((definition.metrics ?? []).map(({ name }) => name))
    const reasons = new Set((definition.events ?? []).map(({ reason }) => reason))
    const seen: CheckResult[] = [...(await runs(startCheck(definition, { root: '', config: schema.parse({}) })))]
    if (inFiles) for (const name of room.fixtures) seen.push(...(await runsOver(room, name).catch(() => [])))
    for (const { metrics: samples = [], events = [] } of seen) {
      for (const { name, value } of samples) {
        expect(metrics).toContain(name)
        expect(Number.isFinite(value), name).toBe(true)
      }
      for (const { reason } of events) expect(reasons).toContain(reason)
    }
  })
})
