import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Act } from '#model'
import { actOf } from './act.ts'
import { permitFor, permittedActs } from './permitted.ts'
import { anyText, configWith } from './testing.ts'

const BLOCK = `
      strategy: disk-cleanup
      strategies:
        - { strategy: systemd-restart, service: kubelet }
        - { strategy: custom-script, scriptPath: /opt/x.sh, args: [now] }
        - { strategy: cordon }
        - { strategy: node-reboot, timeout: 16m }`
const CONFIG = configWith(BLOCK)
const PERMITTED = permittedActs(CONFIG)

function act(strategy: string, target: string, parameters: Record<string, string> = {}): Act {
  return { strategy, target, parameters, text: 'rm -rf /' }
}

describe('what the host may be asked', () => {
  it('is what the configuration names, and nothing that goes through the API server alone', () => {
    expect(PERMITTED.map(({ strategy, target, mayRun }) => [strategy, target, mayRun])).toEqual([
      ['disk-cleanup', undefined, true],
      ['systemd-restart', 'unit:kubelet.service', true],
      ['custom-script', 'script:/opt/x.sh', true],
      ['node-reboot', 'node', true],
    ])
    expect(PERMITTED.at(-1)?.timeoutMs).toBe(960_000)
  })

  it.each([
    ['switched off', '{ enabled: false }', BLOCK],
    ['only told', '{ enabled: true, dryRun: true }', BLOCK],
    ['only observed', '{ enabled: true }', `mode: observe${BLOCK}`.replace('mode', '\n      mode')],
    ['off for the check', '{ enabled: true }', `enabled: false${BLOCK}`.replace('enabled', '\n      enabled')],
  ])('may be asked about and not be done where repairs are %s', (_, section, block) => {
    const permits = permittedActs(configWith(block, section))
    expect(permits).toHaveLength(4)
    expect(permits.map(({ mayRun }) => mayRun)).toEqual([false, false, false, false])
  })

  it('is granted in our own words', () => {
    expect(permitFor(act('systemd-restart', 'unit:kubelet.service'), PERMITTED)).toMatchObject({
      act: { text: 'systemctl restart kubelet.service' },
      permit: { mayRun: true },
    })
  })

  it('has secrets as they are written for whoever does it, and is asked for without them', () => {
    const permits = permittedActs(
      configWith('{ strategy: custom-script, scriptPath: /opt/x.sh, args: ["--token=s3cret"] }'),
    )
    expect(
      permitFor(act('custom-script', 'script:/opt/x.sh', { args: '["--token=(hidden)"]' }), permits),
    ).toMatchObject({
      act: { parameters: { args: '["--token=s3cret"]' }, text: '/opt/x.sh "--token=(hidden)"' },
    })
  })

  it('is refused where blocks differ in a secret alone, since nobody could say which is meant; not where they are the same', () => {
    const asked = act('custom-script', 'script:/opt/x.sh', { args: '["--token=(hidden)"]' })
    const two = (other: string) =>
      permittedActs(
        configWith(`
      strategy: custom-script
      scriptPath: /opt/x.sh
      args: ["--token=s3cret"]
      mode: observe
      strategies:
        - { strategy: custom-script, scriptPath: /opt/x.sh, args: ["--token=${other}"], mode: act }`),
      )
    expect(permitFor(asked, two('0ther'))).toEqual({
      refusal: 'the configuration has custom-script of that target with parameters that differ in a secret alone',
    })
    expect(permitFor(asked, two('s3cret'))).toMatchObject({ permit: { mayRun: true } })
  })

  it.each([
    [act('rm', 'node'), 'there is no such action'],
    [act('flush-dns', 'dns'), 'the configuration has no flush-dns'],
    [act('cordon', 'node'), 'the configuration has no cordon'],
    [act('systemd-restart', 'unit:sshd.service'), 'the configuration has no systemd-restart of that target'],
    [
      act('custom-script', 'script:/opt/y.sh', { args: '["now"]' }),
      'the configuration has no custom-script of that target',
    ],
    [
      act('custom-script', 'script:/opt/x.sh', { args: '["later"]' }),
      'the configuration has other parameters for custom-script of that target',
    ],
    [
      act('custom-script', 'script:/opt/x.sh'),
      'the configuration has other parameters for custom-script of that target',
    ],
    [act('disk-cleanup', 'disk:/var/../etc'), 'the configuration has no disk-cleanup of that target'],
    [act('disk-cleanup', 'disk:/var'), 'the configuration has other parameters for disk-cleanup of that target'],
  ])('is refused as %o', (asked, refusal) => {
    expect(permitFor(asked, PERMITTED)).toEqual({ refusal })
  })

  it('is every act that is planned by the same configuration, and whatever else is asked is refused without a throw', () => {
    const block = CONFIG.monitors.find(({ name }) => name === 'disks')?.remediation
    fc.assert(
      fc.property(anyText, anyText, anyText, (strategy, target, entity) => {
        const planned = block && actOf(block, CONFIG.remediation, { type: 'DiskFull', entity })
        if (planned !== undefined && 'act' in planned)
          expect(permitFor(planned.act, PERMITTED)).toMatchObject({ act: planned.act })
        expect(permitFor(act(strategy, target), PERMITTED)).toHaveProperty('refusal')
      }),
    )
  })
})
