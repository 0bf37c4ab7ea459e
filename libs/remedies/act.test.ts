import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RemediationEntry } from '#config'
import { actOf } from './act.ts'
import { REMEDIES, REMEDY_NAMES } from './table.ts'
import { unitName } from './targets.ts'
import { anyBlock, anyText, configWith } from './testing.ts'

const { remediation: SECTION } = configWith('{ strategy: flush-dns }')
const VAR = { type: 'DiskFull', entity: 'disk:/var' }

function block(keys: Partial<RemediationEntry>): RemediationEntry {
  return { enabled: true, strategies: [], ...keys }
}

/** Of the configuration, a word of ours, a path or a pod's name. */
const HARMLESS = /^[A-Za-z0-9/._@:+,=-]*$/

describe('an act', () => {
  it.each([
    [
      block({ strategy: 'systemd-restart', service: 'kubelet' }),
      'unit:kubelet.service',
      'systemctl restart kubelet.service',
    ],
    [block({ strategy: 'systemd-stop', service: 'a.socket' }), 'unit:a.socket', 'systemctl stop a.socket'],
    [block({ strategy: 'restart-runtime' }), 'runtime', 'restart the container runtime'],
    [block({ strategy: 'prune-runtime' }), 'runtime', 'remove dead containers and unused images'],
    [block({ strategy: 'disk-cleanup' }), 'disk:/var', 'clean up /var'],
    [block({ strategy: 'disk-cleanup', path: '/srv/' }), 'disk:/srv', 'clean up /srv'],
    [block({ strategy: 'flush-dns' }), 'dns', 'resolvectl flush-caches'],
    [block({ strategy: 'reset-routing' }), 'routing', 'ip route flush cache'],
    [block({ strategy: 'flush-ipv6-route' }), 'routing', 'ip -6 route flush cache'],
    [block({ strategy: 'restart-interface', interface: 'eth0' }), 'interface:eth0', 'take eth0 down and up'],
    [
      block({ strategy: 'custom-script', scriptPath: '/opt/x.sh', args: ['now', 'a b'] }),
      'script:/opt/x.sh',
      '/opt/x.sh now "a b"',
    ],
    [block({ strategy: 'drain' }), 'node', 'drain the node'],
    [block({ strategy: 'node-reboot' }), 'node', 'drain and reboot the node'],
    [block({ strategy: 'taint' }), 'node', 'taint the node with node-doctor.io/unhealthy:NoSchedule'],
    [
      block({ strategy: 'external-action', plugin: 'bmc', pluginAction: 'cycle' }),
      'external:bmc/cycle',
      'have the plug-in do bmc/cycle',
    ],
  ])('of %o has a target and words', (entry, target, text) => {
    expect(actOf(entry, SECTION, VAR)).toMatchObject({ act: { strategy: entry.strategy, target, text } })
  })

  it('of a pod has that of the problem', () => {
    const entry = block({ strategy: 'pod-delete' })
    expect(actOf(entry, SECTION, { type: 'PodsStuck', entity: 'pod:kube-system/coredns-7c' })).toMatchObject({
      act: { target: 'pod:kube-system/coredns-7c', parameters: {} },
    })
    expect(actOf(entry, SECTION, VAR)).toEqual({ refusal: 'the problem names no pod' })
    expect(actOf(entry, SECTION, { type: 'x', entity: 'pod:0d5f' })).toEqual({
      refusal: 'the problem names no pod by namespace and name',
    })
  })

  it('has its parameters as text, sorted, after all defaults', () => {
    const cleanup = actOf(block({ strategy: 'disk-cleanup' }), SECTION, VAR)
    expect(cleanup).toMatchObject({
      act: {
        parameters: {
          images: 'true',
          journalMaxBytes: '524288000',
          logRoots: '["/var/log"]',
          logsOlderThanMs: '259200000',
          tempOlderThanMs: '604800000',
          tempRoots: '["/tmp","/var/tmp"]',
          untilUsedPercent: '75',
        },
      },
    })
    const drain = block({ strategy: 'drain', drain: { force: true, deleteEmptyDirData: false, gracePeriodMs: 30_000 } })
    expect(actOf(drain, SECTION, VAR)).toMatchObject({
      act: { parameters: { deleteEmptyDirData: 'false', force: 'true', gracePeriodMs: '30000' } },
    })
    expect(actOf(block({ strategy: 'custom-script', scriptPath: '/x' }), SECTION, VAR)).toMatchObject({
      act: { parameters: { args: '[]' } },
    })
  })

  it('has no secret, and whoever does it is given it as it is written', () => {
    const script = block({ strategy: 'custom-script', scriptPath: '/opt/x.sh', args: ['--token=s3cret', 'on'] })
    expect(actOf(script, SECTION, VAR)).toMatchObject({
      act: { text: '/opt/x.sh "--token=(hidden)" on', parameters: { args: '["--token=(hidden)","on"]' } },
      given: { args: '["--token=s3cret","on"]' },
    })
    const parameters = { password: 's3cret', host: 'https://me:s3cret@bmc', mode: 'soft' }
    const external = block({ strategy: 'external-action', plugin: 'bmc', pluginAction: 'cycle', parameters })
    expect(actOf(external, SECTION, VAR)).toMatchObject({
      act: { parameters: { host: 'https://(hidden)@bmc', mode: 'soft', password: '(hidden)' } },
      given: parameters,
    })
  })

  it.each([
    ['disk:sda', 'the problem names a disk by no path'],
    ['disk:…/containers/a', 'the problem names a disk by no path'],
    ['disk:/mnt/a b', 'the path of the disk has characters that no target may have'],
    ['disk:/mnt/$(reboot)', 'the path of the disk has characters that no target may have'],
    ['disk:/var/../etc', 'the path of the disk has characters that no target may have'],
    ['nic:eth0', 'the problem names no disk, and the strategy no path'],
  ])('of a disk called %s is refused', (entity, refusal) => {
    expect(actOf(block({ strategy: 'disk-cleanup' }), SECTION, { type: 'DiskFull', entity })).toEqual({ refusal })
  })

  it('is never to clean up a disk that cannot be written', () => {
    expect(
      actOf(block({ strategy: 'disk-cleanup' }), SECTION, { type: 'FilesystemReadOnly', entity: 'disk:/var' }),
    ).toEqual({
      refusal: 'disk-cleanup is never for FilesystemReadOnly',
    })
  })

  it('has nothing of a problem that means anything to a shell, and nothing makes it throw', () => {
    fc.assert(
      fc.property(anyBlock, anyText, anyText, (entry, type, entity) => {
        const done = actOf(entry, SECTION, { type, entity })
        if ('refusal' in done) return
        expect(done.act.target).toMatch(HARMLESS)
        const other = actOf(entry, SECTION, { type: 'Other', entity: '' })
        // What does not come of the problem's entity is the same for every problem.
        if (!('refusal' in other)) expect(done.act).toEqual(other.act)
        else expect(['disk', 'pod']).toContain(REMEDIES[entry.strategy ?? 'drain'].target)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the table', () => {
  it('has an act for every action whose keys are written', () => {
    const all = block({ service: 'a', scriptPath: '/a', interface: 'a', plugin: 'a', pluginAction: 'b' })
    for (const strategy of REMEDY_NAMES) {
      const entity = REMEDIES[strategy].target === 'pod' ? 'pod:a/b' : 'disk:/a'
      const done = actOf({ ...all, strategy }, SECTION, { type: 'X', entity })
      expect([strategy, done]).toEqual([
        strategy,
        expect.objectContaining({ act: expect.objectContaining({ strategy }) }),
      ])
      if (!('act' in done)) continue
      expect(done.act.target.split(':')[0]).toBe(REMEDIES[strategy].target)
      expect(Object.keys(done.act.parameters)).toEqual(Object.keys(done.act.parameters).toSorted())
    }
  })
})

describe('the name of a unit', () => {
  it.each([
    ['kubelet', 'kubelet.service'],
    ['kubelet.service', 'kubelet.service'],
    ['getty@tty1', 'getty@tty1.service'],
    ['my.app', 'my.app.service'],
    ['data.mount', 'data.mount'],
  ])('%s is %s, as systemctl has it', (text, name) => expect(unitName(text)).toBe(name))
})
