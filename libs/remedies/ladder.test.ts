import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RemediationEntry } from '#config'
import { blockOf, rungsOf } from './ladder.ts'
import { limitsOf } from './limits.ts'
import { anyBlock, anyText, configWith } from './testing.ts'

const VAR = { type: 'DiskFull', entity: 'disk:/var' }

function ladder(block: string, section?: string, about = VAR) {
  const { monitors, remediation } = configWith(block, section)
  return rungsOf(monitors.find(({ name }) => name === 'disks')?.remediation, remediation, about)
}

const strategies = (...args: Parameters<typeof ladder>) => ladder(...args).map(({ strategy }) => strategy)

describe('a ladder', () => {
  it('has the strategy first, then the others by priority, nested ones depth first', () => {
    const block = `
      strategy: disk-cleanup
      strategies:
        - { strategy: node-reboot, priority: 2 }
        - strategy: prune-runtime
          priority: 1
          strategies: [{ strategy: restart-runtime, priority: 9 }, { strategy: flush-dns }]
        - { strategy: cordon, priority: 1 }
        - { strategy: taint }`
    expect(strategies(block)).toEqual([
      'disk-cleanup',
      'taint',
      'prune-runtime',
      'flush-dns',
      'restart-runtime',
      'cordon',
      'node-reboot',
    ])
  })

  it('has those alone that are in the list where the block names none', () => {
    expect(strategies('{ strategies: [{ strategy: cordon }, { strategy: taint }] }')).toEqual(['cordon', 'taint'])
    expect(strategies('{ enabled: false }')).toEqual([])
  })

  it('hands on what a strategy does not say itself', () => {
    const block = `
      strategy: systemd-restart
      service: kubelet
      mode: observe
      for: [DiskFull]
      minSeverity: critical
      cooldown: 7m
      maxAttempts: 5
      verifyWithin: 4m
      timeout: 9s
      strategies:
        - strategy: systemd-stop
          maxAttempts: 1
          strategies: [{ strategy: systemd-start, service: other, mode: act }]`
    const common = { types: ['DiskFull'], minSeverity: 'critical', cooldownMs: 420_000, verifyWithinMs: 240_000 }
    expect(ladder(block)).toMatchObject([
      { ...common, act: { target: 'unit:kubelet.service' }, mode: 'observe', maxAttempts: 5, timeoutMs: 9000 },
      { ...common, act: { target: 'unit:kubelet.service' }, mode: 'observe', maxAttempts: 1, timeoutMs: 300_000 },
      { ...common, act: { target: 'unit:other.service' }, mode: 'act', maxAttempts: 1 },
    ])
  })

  it('has off what is in something that is off', () => {
    const block = '{ enabled: false, strategy: cordon, strategies: [{ strategy: taint, enabled: true }] }'
    expect(ladder(block).map(({ isEnabled }) => isEnabled)).toEqual([false, false])
    const inner = '{ strategy: cordon, strategies: [{ strategy: taint, enabled: false }] }'
    expect(ladder(inner).map(({ isEnabled }) => isEnabled)).toEqual([true, false])
  })

  it('has the defaults of the section, and the strategy’s own cooldown where nobody says one', () => {
    expect(ladder('{ strategy: flush-dns }')).toMatchObject([
      {
        isEnabled: true,
        types: undefined,
        minSeverity: 'warning',
        cooldownMs: 180_000,
        maxAttempts: 3,
        verifyWithinMs: 600_000,
        mode: 'act',
        by: 'host',
        isDisruptive: false,
        refusal: '',
      },
    ])
    const section = '{ enabled: true, cooldownPeriod: 1m, maxAttempts: 2, verifyWithin: 5m, minSeverity: error }'
    expect(ladder('{ strategy: flush-dns }', section)).toMatchObject([
      { minSeverity: 'error', cooldownMs: 60_000, maxAttempts: 2, verifyWithinMs: 300_000 },
    ])
  })

  it('never has a reboot oftener than its own, unless that is written for it', () => {
    const cooldowns = (block: string, section?: string) => ladder(block, section).map(({ cooldownMs }) => cooldownMs)
    expect(cooldowns('{ strategy: node-reboot }', '{ cooldownPeriod: 1m }')).toEqual([1_800_000])
    expect(cooldowns('{ strategy: cordon, cooldown: 1m, strategies: [{ strategy: node-reboot }] }')).toEqual([
      60_000, 1_800_000,
    ])
    expect(cooldowns('{ strategy: node-reboot, cooldown: 10m }')).toEqual([600_000])
  })

  it('has what is said of a kind of problem before everything else', () => {
    const section =
      '{ overrides: [{ problem: DiskFull, cooldown: 2m, maxAttempts: 9 }, { problem: InodesLow, maxAttempts: 1 }] }'
    const block = '{ strategy: disk-cleanup, cooldown: 1m, maxAttempts: 2 }'
    expect(ladder(block, section)).toMatchObject([{ cooldownMs: 120_000, maxAttempts: 9 }])
    expect(ladder(block, section, { ...VAR, type: 'InodesLow' })).toMatchObject([
      { cooldownMs: 60_000, maxAttempts: 1 },
    ])
    expect(ladder(block, section, { ...VAR, type: 'DiskSlow' })).toMatchObject([{ cooldownMs: 60_000, maxAttempts: 2 }])
  })

  it('says why there is nothing to do it to', () => {
    expect(ladder('{ strategy: disk-cleanup }', undefined, { type: 'DiskSlow', entity: 'disk:sda' })).toMatchObject([
      { refusal: 'the problem names a disk by no path', act: { strategy: 'disk-cleanup', target: '' } },
    ])
  })

  it('has every strategy once, in an order that does not change, whatever is written and found', () => {
    const { remediation } = configWith('{ strategy: flush-dns }')
    const count = ({ strategy, strategies: inner }: RemediationEntry): number =>
      (strategy === undefined ? 0 : 1) + inner.reduce((sum, one) => sum + count(one), 0)
    fc.assert(
      fc.property(anyBlock, anyText, anyText, anyText, (block, type, entity, other) => {
        const rungs = rungsOf(block, remediation, { type, entity })
        expect(rungs).toHaveLength(count(block))
        expect(rungsOf(block, remediation, { type, entity })).toEqual(rungs)
        const again = rungsOf(block, remediation, { type: other, entity: other })
        expect(again.map(({ strategy }) => strategy)).toEqual(rungs.map(({ strategy }) => strategy))
      }),
    )
  })
})

describe('the block of a problem', () => {
  it('is that of its check, or of the plug-in that tells of it', () => {
    const config = configWith('{ strategy: disk-cleanup }')
    expect(blockOf(config, { check: 'disks', monitor: 'system' })).toMatchObject({ strategy: 'disk-cleanup' })
    expect(blockOf(config, { check: 'disks', monitor: 'other' })).toBeUndefined()
    expect(blockOf(config, { check: 'other', monitor: 'system' })).toBeUndefined()
  })
})

describe('limits', () => {
  it('are those of the section', () => {
    const section = `{ enabled: true, dryRun: true, maxRetriesPerHour: 7, maxRetriesPerMinute: 0, rebootsPerDay: 2,
      circuitBreakerThreshold: 4, circuitBreakerTimeout: 9m, approval: [node-reboot], healthyReset: 8m }`
    expect(limitsOf(configWith('{ strategy: cordon }', section))).toEqual({
      enabled: { isOn: true, why: '' },
      dryRun: { isOn: true, why: 'remediation.dryRun is true' },
      perHour: 7,
      perMinute: 0,
      rebootsPerDay: 2,
      breakerThreshold: 4,
      breakerTimeoutMs: 540_000,
      approval: ['node-reboot'],
      healthyResetMs: 480_000,
    })
  })

  it('say which switch is off', () => {
    const off = 'repairs are off (remediation.enabled, settings.enableRemediation)'
    const config = configWith('{ strategy: cordon }', '{ enabled: false }')
    expect(limitsOf(config).enabled).toEqual({ isOn: false, why: off })
    const settings = { ...config.settings, enableRemediation: true, dryRunMode: true }
    expect(limitsOf({ ...config, settings })).toMatchObject({
      enabled: { isOn: false, why: 'remediation.enabled is false' },
      dryRun: { why: 'settings.dryRunMode is true' },
    })
  })
})
