/** Files that may be mounted beside the overlays: the same by a component of kustomize and by a value of the chart. */
import { describe, expect, it } from 'vitest'
import { deployedServices, SERVICES } from '#service-table'
import { mounts, podOf, refused, withComponent } from './components.ts'
import { find, helm, helmRefusal, type Mount } from './objects.ts'
import { loadSchemas, validate } from './schema.ts'

describe('files of node-problem-detector', () => {
  const values = (more: string) =>
    ['--set', `config.npd.customPluginMonitors={/custom-config/a.json}${more}`, '--set-string'] as const
  const FILES = 'npd.files.a\\.json=x,npd.files.a\\.sh=x'

  it.each([
    ['files', FILES, 'node-doctor-npd'],
    ['a ConfigMap', 'npd.configMap=theirs', 'theirs'],
  ])('are at one path in every container that reads the configuration: %s', (_, setting, name) => {
    for (const layout of ['separate', 'compact']) {
      const pod = podOf(helm(...values(`,layout=${layout}`), setting))
      const mount = [{ name: 'npd', mountPath: '/custom-config', readOnly: true }]
      expect(mounts(pod, (one) => one.name === 'npd')).toEqual(
        Object.fromEntries(pod.containers.map((container) => [container.name, mount])),
      )
      expect(pod.volumes?.find((volume) => volume.name === 'npd')?.configMap).toEqual({ name, defaultMode: 0o555 })
    }
  })

  it('change the pod when they change', () => {
    const sums = ['x', 'y'].map(
      (text) =>
        find(helm('--set', `npd.files.a=${text}`), 'DaemonSet', 'node-doctor').spec?.template?.metadata.annotations,
    )
    expect(sums[0]).not.toEqual(sums[1])
  })

  it.each([
    [
      'npd.mountPath=/custom-config',
      'config.npd names "/custom-config/a.json", which not every container has; expected a file of npd.files or npd.configMap, in /custom-config',
    ],
    ['npd.files.b\\.json=x', 'config.npd names "/custom-config/a.json", and npd.files has no "a.json"; it has b.json'],
    ['npd.configMap=x,npd.files.b=x', 'npd.files and npd.configMap are both set'],
    ['extraConfigFiles.a\\.json=x', 'which not every container has'],
  ])('that some container would not have are refused: %s', (setting, reason) => {
    expect(helmRefusal(...values(''), setting)).toContain(reason)
  })

  it('may stand beside the configuration, or on volumes of yours', () => {
    const named = 'config.npd.systemLogMonitors={/etc/node-doctor/a.json},extraConfigFiles.a\\.json=x'
    expect(helmRefusal('--set', named)).toBe('')
    expect(helmRefusal(...values(''), 'extraVolumes[0].name=mine')).toBe('')
  })
})

describe('bus-tls', () => {
  const SETTINGS = [
    'busTls.secretName=node-doctor-bus',
    'config.bus.url=tls://nats.example:4222',
    'config.bus.tls.ca=/etc/node-doctor-bus/ca.crt',
  ].join(',')
  /** What speaks to the bus. */
  const SPEAKING = deployedServices(SERVICES)
    .filter(({ bus }) => bus.role !== 'none')
    .map(({ name }) => name)
  const ofBus = ({ name }: Mount) => name === 'bus-tls'
  const mount = [{ name: 'bus-tls', mountPath: '/etc/node-doctor-bus', readOnly: true }]
  const volume = { name: 'bus-tls', secret: { secretName: 'node-doctor-bus', defaultMode: 0o440 } }

  it.each([
    ['component', () => withComponent('bus-tls'), SPEAKING],
    ['value', () => helm('--set', SETTINGS), SPEAKING],
    ['value, compact', () => helm('--set', `${SETTINGS},layout=compact`), ['detector', 'exporters']],
    [
      'value, minimal',
      () => helm('--set', `${SETTINGS},httpExporter.enabled=false`),
      SPEAKING.filter((name) => name !== 'http-exporter'),
    ],
  ])('gives the files to what speaks to the bus, and to nothing else: by %s', (_, render, containers) => {
    const objects = render()
    const pod = podOf(objects)
    expect(mounts(pod, ofBus)).toEqual(Object.fromEntries(containers.map((name) => [name, mount])))
    expect(pod.volumes?.filter(({ name }) => name === 'bus-tls')).toEqual([volume])
    expect(refused(objects, '1.20')).toEqual([])
  })

  it('is reached through the NetworkPolicy by a rule of its own', () => {
    const rule = { to: [{ ipBlock: { cidr: '192.0.2.7/32' } }], ports: [{ protocol: 'TCP', port: 4222 }] }
    const objects = helm(
      '--set',
      'networkPolicy.enabled=true',
      '--set-json',
      `networkPolicy.egress=[${JSON.stringify(rule)}]`,
    )
    const policy = find(objects, 'NetworkPolicy', 'node-doctor')
    expect((policy.spec as { egress?: unknown[] }).egress?.at(-1)).toEqual(rule)
    expect(validate([loadSchemas('kubernetes-1.20')], policy)).toEqual([])
  })

  it('is refused where the configuration does not name the files', () => {
    expect(helmRefusal('--set', 'busTls.secretName=x')).toContain(
      'busTls.secretName is mounted and nothing reads it; set config.bus.tls.ca to /etc/node-doctor-bus/ca.crt',
    )
    expect(helmRefusal('--set', 'busTls.secretName=x,existingConfigMap=mine')).toBe('')
  })
})
