import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as pb from '#proto/nodedoctor/v1/types.ts'
import { toProtoReport } from '#wire'
import { fakeClock } from '../clock/testing.ts'
import { observationOf, partsOf, samplesOf } from './findings.ts'
import { createRunner } from './run-check.ts'
import { checkOf, healthy, instance, pending, problem } from './testing/scripted-monitor.ts'
import { surroundings } from './testing/surroundings.ts'
import type { CheckResult } from './types.ts'

const at = new Date('2026-05-12T03:14:20Z')

describe('an observation', () => {
  it('has a severity only while it is a problem, and then warning where none is told', () => {
    const { severity: _severity, ...untold } = problem('DiskFull')
    expect(observationOf(untold, 'disk', at).severity).toBe('warning')
    expect(observationOf(problem('DiskFull'), 'disk', at).severity).toBe('critical')
    expect(observationOf({ ...healthy('DiskFull'), severity: 'critical' }, 'disk', at).severity).toBe('info')
  })

  it('is pending only while it looks healthy', () => {
    expect(observationOf(pending('DiskFull'), 'disk', at).pending).toBe(true)
    expect(observationOf({ ...problem('DiskFull'), pending: true }, 'disk', at).pending).toBeUndefined()
  })

  it('was seen when the run began, unless it tells again what an earlier look saw', () => {
    const before = new Date(at.getTime() - 60_000)
    expect(observationOf(healthy('DiskFull'), 'disk', at).observed).toEqual(at)
    expect(observationOf({ ...healthy('DiskFull'), observed: before }, 'disk', at).observed).toEqual(before)
  })

  it('stays apart from another whose name differs only in what may not be shown', () => {
    const entityOf = (entity: string) => observationOf(healthy('DiskFull', entity), 'disk', at).entity
    expect(entityOf('disk:/mnt/a b')).toBe('disk:/mnt/a b')
    expect(entityOf('disk:/mnt/a\nb')).toMatch(/^disk:\/mnt\/a b#[0-9a-f]{8}$/)
    const hostile = [
      'disk:/a\nb',
      'disk:/a  b',
      'disk:/a\u202e b',
      `disk:/${'x'.repeat(200)}1`,
      `disk:/${'x'.repeat(200)}2`,
    ]
    expect(new Set(hostile.map(entityOf)).size).toBe(hostile.length)
  })

  it('has clean texts in every field, and no longer than anybody takes', async () => {
    const DIRTY = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u206f]/
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5000 }),
      fc.constantFrom('\u001b[2J\r\nFAKE  ROW\u202e', `\n${'x'.repeat(65_536)}`, '\u0000', '\u2066a\u2069'),
    )
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        for (const fails of [false, true]) {
          const report = await saying(text, fails)
          const texts = textsOf(report)
          expect(texts.length).toBeGreaterThan(4)
          for (const one of texts) {
            expect(one.length).toBeLessThanOrEqual(1024)
            expect(one).not.toMatch(DIRTY)
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** Every string of a value, names of keys too. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || value instanceof Date) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner)])
}

/** All that a check can say, each with the same text; or its failure with it. */
function saying(text: string, fails: boolean) {
  const words = { reason: text, message: text, entity: text }
  const evidence = { value: 1, unit: text, lowIsBad: false, label: text, detail: text, metric: text }
  const said: CheckResult = {
    findings: [{ type: 'DiskFull', health: 'problem', summary: text, evidence, ...words }],
    events: [{ severity: 'info', ...words }],
    metrics: [{ name: text, labels: { mount: text, [text]: text }, value: 1 }],
    withdrawn: [{ type: 'DiskSlow', entity: text }],
  }
  const check = checkOf(() => (fails ? Promise.reject(new Error(text)) : said))
  const around = surroundings({ name: 'disk', clock: fakeClock() })
  return createRunner(check, instance(), 'tiny', around).run(undefined, new AbortController().signal)
}

describe('a run that says much', () => {
  it('is told in parts that lose nothing and keep its order', () => {
    fc.assert(
      fc.property(fc.nat(1300), fc.nat(500), fc.nat(2500), (conditions, events, samples) => {
        const run = {
          observations: Array.from({ length: conditions }, (_, i) => observationOf(healthy(`T${i}`), 'disk', at)),
          events: Array.from({ length: events }, (_, i) => ({ reason: `R${i}` })) as never[],
          metrics: Array.from({ length: samples }, (_, value) => ({ name: 'm', labels: {}, value })),
          runs: [{ check: 'disk' }] as never[],
          withdrawn: [{ type: 'T', entity: '' }],
          complete: ['disk'],
        }
        const parts = partsOf(run)
        for (const key of ['observations', 'events', 'metrics', 'runs', 'withdrawn', 'complete'] as const) {
          expect(parts.flatMap((part) => part[key] as unknown[])).toEqual(run[key])
        }
        for (const part of parts) expect(part.observations.length).toBeLessThanOrEqual(500)
        expect(parts.at(-1)?.runs).toHaveLength(1)
      }),
      { numRuns: 20 },
    )
  })

  it('is told in messages that any watcher takes, whatever its texts are written in', () => {
    const things = fc.array(fc.constantFrom('a', 'é', '漢', '😀', '"'), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(things, (letters) => {
        const messages = letters.map((letter) => letter.repeat(Math.floor(32_768 / Buffer.byteLength(letter))))
        const run = {
          observations: messages.map((message, i) => ({ ...observationOf(healthy(`T${i}`), 'disk', at), message })),
          events: [],
          metrics: messages.map((text) => ({ name: 'm', labels: { a: text.slice(0, 128) }, value: 1 })),
          runs: [],
          withdrawn: [],
          complete: ['disk'],
        }
        for (const part of partsOf(run)) {
          const report = toProtoReport({ ...part, time: at, incarnation: 2 ** 47, sequence: 2 ** 47 })
          expect(pb.Report.encode(report).finish().length).toBeLessThan(65_536 - 200)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('tells no number that is none', () => {
    const samples = [Number.NaN, Infinity, 1].map((value) => ({ name: 'm', labels: {}, value }))
    expect(samplesOf(samples)).toEqual([{ name: 'm', labels: {}, value: 1 }])
    expect(samplesOf(samples, 'kernel-monitor')).toEqual([{ name: 'm', labels: {}, value: 1, check: 'kernel-monitor' }])
  })
})
