import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readTold } from '#service'
import { jetStreamOf } from '../../libs/bus/testing-readers.ts'
import { someCondition, someProblem } from '../../libs/view/testing.ts'
import { keptPath } from './lane/kept-place.ts'
import { told, wordsOf } from './testing-partner.ts'
import { NAME, scenesOfTests, someEvent } from './testing-scene.ts'

const scene = scenesOfTests()
const badDisk = () =>
  someCondition({ status: 'True', health: 'problem', severity: 'critical', reason: 'Full', message: '96 % used' })
const SLOWLY = { timeout: 8000 }

describe('an exporter from outside', () => {
  it('is told the conditions that are, then what happens, in order, each with its number, and what it is about', async () => {
    const at = await scene()
    await at.detector.condition(someCondition())
    const partner = await at.partner('tickets')
    const { log } = await at.run()
    await expect.poll(() => told(partner.taken), SLOWLY).toEqual(['DiskFull FALSE'])
    await at.detector.condition(badDisk())
    await expect.poll(() => told(partner.taken), SLOWLY).toEqual(['DiskFull FALSE', 'DiskFull TRUE'])
    await at.detector.problem(someProblem())
    for (const message of ['one', 'two', 'three']) await at.detector.event(someEvent({ message }))
    await expect.poll(() => partner.taken.length, SLOWLY).toBe(6)
    expect(partner.taken.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6])
    expect(told(partner.taken).filter((words) => words.startsWith('TaskHung'))).toEqual([
      'TaskHung: one',
      'TaskHung: two',
      'TaskHung: three',
    ])
    const problem = partner.taken.find(({ context }) => context['kind'] === 'problem')
    expect(problem).toMatchObject({
      nodeName: 'worker-7',
      status: {
        source: 'system',
        events: [{ reason: 'DiskFull', message: '/var: 96.2 % of 200 GiB used (AboveCriticalLimit)' }],
      },
      context: {
        phase: 'opened',
        generation: '1',
        fingerprint: 'system.DiskFull.00000000000000aa',
        entity: 'disk:/var',
        severity: 'critical',
      },
    })
    expect(partner.taken[1]?.context).toMatchObject({
      kind: 'conditions',
      monitor: 'system',
      'severity.DiskFull': 'critical',
    })
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        message: 'connected to external exporter',
        says: 'tickets',
        version: '1.2',
        apiVersion: 'v1',
      }),
    )
  })

  it('is given the same under the same number until it takes it, whether it refuses, hangs, or answers garbage', async () => {
    const at = await scene()
    await at.detector.condition(someCondition())
    const partner = await at.partner('tickets')
    const { service, metrics } = await at.run()
    await expect.poll(() => partner.taken.length, SLOWLY).toBe(1)
    const answers = [{ success: false, error: 'the printer is on fire' }, 'hang', {}, { success: true }] as const
    let count = 0
    partner.answer = () => answers[Math.min(count++, answers.length - 1)] ?? 'hang'
    for (const message of ['one', 'two']) await at.detector.event(someEvent({ message }))
    await expect.poll(() => told(partner.taken), SLOWLY).toEqual(['DiskFull FALSE', 'TaskHung: one', 'TaskHung: two'])
    const numbers = partner.calls.map(({ sequence }) => sequence)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    const again = partner.calls.filter(({ sequence }) => sequence === 2).map((call) => JSON.stringify(call))
    expect([again.length >= 4, new Set(again).size, new Set(numbers)]).toEqual([true, 1, new Set([1, 2, 3])])
    const { samples } = await readTold(metrics)
    const counted = samples.filter(({ name }) => name.endsWith('calls_total'))
    // On a busy machine an answer may come too late, too.
    expect(Object.fromEntries(counted.map(({ labels, value }) => [labels['result'], value]))).toMatchObject({
      taken: 3,
      refused: 2,
      deadline: expect.toSatisfy((count) => Number(count) >= 1),
    })
    expect(service.readiness()).toEqual({ ready: true, reason: '' })
  })

  it('that answers no message of ours, or more than we know, is told on', async () => {
    const at = await scene(['garbage', 'newer'])
    await at.detector.condition(someCondition())
    let isGarbage = true
    const garbage = await at.partner('garbage', {
      raw: (answer) => (isGarbage ? Buffer.from([0xff, 0xff, 0xff]) : answer),
    })
    // A field that this version does not know.
    const newer = await at.partner('newer', {
      raw: (answer) => Buffer.concat([answer, Buffer.from([0x7a, 1, 0x78])]),
      withoutMetadata: true,
    })
    const { log } = await at.run()
    await expect.poll(() => told(newer.taken), SLOWLY).toEqual(['DiskFull FALSE'])
    await expect.poll(() => garbage.calls.length, SLOWLY).toBeGreaterThan(3)
    isGarbage = false
    await at.detector.event(someEvent({ message: 'one' }))
    await expect.poll(() => told(garbage.taken), SLOWLY).toEqual(['DiskFull FALSE', 'TaskHung: one'])
    expect(new Set(garbage.calls.map(({ sequence }) => sequence))).toEqual(new Set([1, 2]))
    const texts = log.messages()
    expect(texts).toContain('connected to external exporter, which does not say who it is')
    expect(texts).toContain('external exporter does not take what it is told; it is tried again')
    expect(texts).toContain('external exporter takes what it is told again')
  })

  it('that hangs holds up only itself, and is left alone but for a try for each wait', async () => {
    const at = await scene(['slow', 'quick'])
    await at.detector.condition(someCondition())
    const slow = await at.partner('slow', { answer: () => 'hang' })
    const quick = await at.partner('quick')
    const { service } = await at.run()
    for (let i = 0; i < 50; i++) await at.detector.event(someEvent({ message: String(i) }))
    await expect.poll(() => quick.taken.length, SLOWLY).toBe(51)
    expect([told(slow.taken), slow.calls.every(({ sequence }) => sequence === 1)]).toEqual([[], true])
    const [rpc] = service.rpc
    const getStatus = rpc?.implementation['getStatus'] as (
      call: unknown,
      done: (err: null, status: object) => void,
    ) => void
    await expect
      .poll(() => {
        let status: object = {}
        getStatus({}, (_err, value) => (status = value))
        return status
      }, SLOWLY)
      .toMatchObject({
        lastError: expect.stringMatching(/DEADLINE_EXCEEDED: no answer in time$/),
        destinations: [
          {
            name: 'slow',
            state: expect.stringMatching(/^(paused|lost)$/),
            pending: expect.toSatisfy((some) => Number(some) > 0),
          },
          { name: 'quick', state: 'serving', pending: 0, lastError: '' },
        ],
      })
    slow.answer = () => ({ success: true })
    await expect.poll(() => slow.taken.length, SLOWLY).toBe(51)
    expect(told(slow.taken).filter((words) => words.startsWith('TaskHung'))).toEqual(
      Array.from({ length: 50 }, (_, i) => `TaskHung: ${i}`),
    )
  })

  it('is told of what is as bad as it wants to hear', async () => {
    const at = await scene()
    const partner = await at.partner('tickets')
    await at.run({ minSeverity: 'error' })
    await at.detector.event(someEvent({ severity: 'info', message: 'small' }))
    await at.detector.event(someEvent({ severity: 'warning', message: 'middling' }))
    await at.detector.problem(someProblem({ fingerprint: 'a', severity: 'warning', worst: 'warning' }))
    await at.detector.event(someEvent({ severity: 'error', message: 'grave' }))
    await at.detector.problem(
      someProblem({ fingerprint: 'a', revision: 2, phase: 'changed', message: 'x', severity: 'error', worst: 'error' }),
    )
    await expect
      .poll(() => told(partner.taken).toSorted(), SLOWLY)
      .toEqual(['DiskFull: /var: x (AboveCriticalLimit)', 'TaskHung: grave'])
  })

  it('is told nothing twice by a detector that starts again, and everything of a store that was made anew', async () => {
    const at = await scene()
    await at.detector.condition(someCondition())
    await at.detector.problem(someProblem())
    const partner = await at.partner('tickets')
    await at.run()
    await expect.poll(() => partner.taken.length, SLOWLY).toBe(2)
    // As at the start of a detector: the last change of every key once more.
    await at.detector.problem(someProblem())
    await at.detector.condition(someCondition())
    await at.detector.event(someEvent({ message: 'after' }))
    await expect.poll(() => told(partner.taken), SLOWLY).toHaveLength(3)
    const jsm = await jetStreamOf(at.bus)
    for (const { config } of await jsm.streams.list().next()) await jsm.streams.delete(config.name)
    await at.detector.writer.ensureStore({ node: 'worker-7', bootId: 'b1' })
    await at.detector.condition(badDisk())
    await at.detector.event(someEvent({ message: 'of the new store' }))
    await expect
      .poll(() => told(partner.taken).slice(3).toSorted(), SLOWLY)
      .toEqual(['DiskFull TRUE', 'TaskHung: of the new store'])
  })

  it('that comes back at its socket is told at once, from what it had not taken on, and how everything is', async () => {
    const at = await scene()
    await at.detector.condition(someCondition())
    const first = await at.partner('tickets')
    await at.run({
      retryPolicy: { maxAttempts: 5, backoffMultiplier: 2, initialBackoffMs: 60_000, maxBackoffMs: 60_000 },
    })
    await expect.poll(() => first.taken.length, SLOWLY).toBe(1)
    await first.close()
    await at.detector.event(someEvent({ message: 'while it was away' }))
    const second = await at.partner('tickets')
    await expect.poll(() => told(second.taken), SLOWLY).toEqual(['TaskHung: while it was away', 'DiskFull FALSE'])
    expect(second.metadataAsked).toBe(1)
  })

  it('has nobody told where nobody is named', async () => {
    const at = await scene([])
    const left = keptPath(join(at.dir, 'state', NAME), { name: 'tickets', socketPath: '/run/t.sock' })
    await mkdir(dirname(left), { recursive: true })
    await writeFile(left, '{}')
    const { service, log } = await at.run()
    expect(service.readiness()).toEqual({ ready: true, reason: '' })
    await expect
      .poll(() => log.messages())
      .toEqual([
        'exporters.external names nobody: nothing is told',
        'what exporters that are configured no more were told is forgotten',
      ])
    expect(existsSync(left)).toBe(false)
  })

  it('knows what it is told by its words', () => {
    expect(wordsOf({ status: undefined, sequence: 1, nodeName: '', context: {} })).toEqual([])
  })
})
