import { describe, expect, it } from 'vitest'
import { MAX_VERBATIM_BYTES } from '#model'
import { Report as ProtoReport } from '#proto/nodedoctor/v1/types.ts'
import { toProtoReport } from '#wire'
import { fakeClock } from '../clock/testing.ts'
import { conditionTypeOf, eventReasonOf } from './define.ts'
import { describeMonitor } from './describe.ts'
import { observationOf, partsOf, type RunReport } from './findings.ts'
import { createRunner } from './run-check.ts'
import { checkOf, healthy, instance, problem } from './testing/scripted-monitor.ts'
import { surroundings } from './testing/surroundings.ts'
import type { CheckDefinition, CheckResult } from './types.ts'

const at = new Date('2026-05-12T03:14:20Z')
const words = { description: '', source: '', warning: '', critical: '', sustained: '' }
const spec = { label: '', healthyReason: '', healthyMessage: '', ...words }
const KERNEL = 'Kernel\tdeadlock'

/** A check that tells what others say, and what it says now. */
function runnerOf(said: { result: CheckResult | Error }, more: Partial<CheckDefinition<unknown>> = {}) {
  const around = surroundings({ name: 'log', clock: fakeClock() })
  const check = checkOf(() => (said.result instanceof Error ? Promise.reject(said.result) : said.result), {
    conditions: [
      { type: KERNEL, verbatim: true, recovery: [{ kind: 'reboot' }, { kind: 'operator' }], ...spec },
      { type: 'DiskFull', recovery: { kind: 'operator' }, ...spec },
    ],
    events: [
      { reason: '', severity: 'warning', description: '', verbatim: true },
      { reason: 'Told', severity: 'info', description: '' },
    ],
    ...more,
  })
  const runner = createRunner(check, instance('disk-check', { name: 'log' }), 'tiny', around)
  return { runner, run: (): Promise<RunReport> => runner.run(undefined, new AbortController().signal) }
}

describe('what a finding says beside its words', () => {
  it('is told: what is to be done, whether anybody may, and how people call the thing', () => {
    const detail = { action: 'reset-device', observeOnly: true, subject: 'GPU 3,\n H200' } as const
    expect(observationOf({ ...problem('GpuHealth', 'gpu:3'), ...detail }, 'gpu', at)).toMatchObject({
      action: 'reset-device',
      observeOnly: true,
      subject: 'GPU 3, H200',
    })
    const plain = observationOf({ ...problem('GpuHealth'), observeOnly: false }, 'gpu', at)
    expect(plain).toMatchObject({ action: undefined, observeOnly: undefined, subject: undefined })
  })

  it('names the thing also while the check cannot look', async () => {
    const said: { result: CheckResult | Error } = {
      result: { findings: [{ ...healthy('DiskFull', 'disk:sda'), subject: 'the boot disk' }] },
    }
    const { run } = runnerOf(said)
    await run()
    said.result = new Error('no such device')
    const { observations } = await run()
    expect(observations.filter(({ type }) => type === 'DiskFull')).toMatchObject([
      { entity: 'disk:sda', health: 'unknown', subject: 'the boot disk' },
    ])
  })
})

describe('what a check tells word by word', () => {
  it('is as it was said, and cut and cleaned where it is not declared so', async () => {
    const message = 'one\n  two\u0007'
    const happening = { severity: 'warning', message, source: 'kernel-monitor' } as const
    const { run } = runnerOf({
      result: {
        findings: [
          { ...problem(KERNEL, '', message), reason: '' },
          { ...problem('DiskFull', '', message), reason: 'Full' },
        ],
        events: [
          { ...happening, reason: '' },
          { ...happening, reason: 'Told' },
        ],
      },
    })
    const { observations, events } = await run()
    expect(observations.map(({ reason, message: told }) => [reason, told])).toEqual([
      ['', message],
      ['Full', 'one two'],
    ])
    expect(events.map(({ reason, message: told, source }) => [reason, told, source])).toEqual([
      ['', message, 'kernel-monitor'],
      ['Told', 'one two', undefined],
    ])
  })

  it('is declared with every rule that proves it gone, for readers of one rule and of many', () => {
    const definition = { name: 'tiny', description: '', checks: [] }
    const { runner } = runnerOf({ result: { findings: [] } })
    const described = describeMonitor(definition, [runner], { version: '1', incarnation: 1 })
    const reboot = { rule: { $case: 'reboot', value: true } }
    expect(described.conditionTypes).toMatchObject([
      { type: KERNEL, verbatim: true, recovery: reboot, recoveryRules: [reboot, {}] },
      { type: 'DiskFull', verbatim: false, recoveryRules: [{}] },
    ])
    expect(described.eventReasons.slice(0, 2)).toMatchObject([
      { reason: '', verbatim: true, recoveryRules: [] },
      { reason: 'Told', verbatim: false },
    ])
    expect(conditionTypeOf({ type: 'A', ...spec })).not.toHaveProperty('verbatim')
    expect(eventReasonOf({ reason: 'A', severity: 'info', description: '' })).not.toHaveProperty('recovery')
  })

  it('may be called anything but what no key could hold', () => {
    const named = (type: string) => () =>
      runnerOf({ result: { findings: [] } }, { conditions: [{ type, verbatim: true, ...spec }] })
    expect(named('')).not.toThrow()
    expect(named('a\u0000b')).toThrow('condition type "a\\u0000b" is longer than any that is told, or no text')
    expect(named('x'.repeat(200))).toThrow('is longer than any that is told, or no text')
  })

  it('goes in parts that a message holds, however long its texts are', () => {
    const message = 'x'.repeat(MAX_VERBATIM_BYTES)
    const one = observationOf(problem(KERNEL, '', message), 'log', at, true)
    const observations = Array.from({ length: 200 }, (_, i) => ({ ...one, entity: `e${i}` }))
    const whole = { observations, events: [], metrics: [], runs: [], withdrawn: [], complete: [] }
    const parts = partsOf(whole)
    expect(parts.flatMap((part) => part.observations)).toEqual(observations)
    for (const part of parts) {
      const report = toProtoReport({ ...part, incarnation: 1, sequence: 1, time: at })
      expect(ProtoReport.encode(report).finish().length).toBeLessThan(2_000_000)
    }
  })
})
