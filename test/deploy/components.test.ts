import { describe, expect, it } from 'vitest'
import { builtServices, SERVICES } from '#service-table'
import { mounts, podOf, withComponent } from './component-objects.ts'
import { find, helm, helmRefusal, type Mount } from './objects.ts'
import { loadSchemas, validate } from './schema.ts'

const NEWEST = ['--kube-version', '1.37.0']

describe('recursive-read-only', () => {
  const ofChart = () => helm(...NEWEST, '--set', 'recursiveReadOnly=true')
  const ofHost = ({ mountPath }: Mount) => mountPath.startsWith('/host')
  const ofLogs = ({ mountPath }: Mount) => ['/var/log', '/run/log'].includes(mountPath)

  it('makes what is mounted below each folder of the host read-only, by component and by value', () => {
    const expected = ['', '/dev/shm', '/proc', '/run', '/sys', '/tmp'].map((path) => ({
      mountPath: `/host${path}`,
      name: expect.any(String) as string,
      readOnly: true,
      recursiveReadOnly: 'IfPossible',
    }))
    const logs = ['/run/log', '/var/log'].map((mountPath) => ({ ...expected[0], mountPath }))
    for (const pod of [podOf(withComponent('recursive-read-only')), podOf(ofChart())]) {
      expect(mounts(pod, ofHost)).toEqual({ system: expected, network: expected, kubernetes: expected })
      expect(mounts(pod, ofLogs)).toEqual({ log: logs })
    }
    const compact = helm(...NEWEST, '--set', 'recursiveReadOnly=true,layout=compact')
    expect(mounts(podOf(compact), ofHost)).toEqual({ monitors: expected })
  })

  it('is valid for a Kubernetes that knows it, and refused for one that does not', () => {
    const objects = [...withComponent('recursive-read-only'), ...ofChart()]
    expect(objects.flatMap((object) => validate([loadSchemas('kubernetes-1.37')], object))).toEqual([])
    expect(
      validate([loadSchemas('kubernetes-1.20')], find(objects, 'DaemonSet', 'node-doctor')).filter((fault) =>
        fault.endsWith('.recursiveReadOnly: unknown field'),
      ),
    ).toHaveLength(20)
    expect(helmRefusal('--kube-version', '1.30.4', '--set', 'recursiveReadOnly=true')).toContain(
      'recursiveReadOnly is known to Kubernetes 1.31 and newer, and this is v1.30.4',
    )
    expect(helmRefusal('--kube-version', '1.31.0', '--set', 'recursiveReadOnly=true')).toBe('')
  })

  it('is not there unless it is asked for: it keeps file systems from being seen that are mounted later', () => {
    const pod = podOf(helm(...NEWEST))
    const plain = [ofHost, ofLogs].flatMap((wanted) => Object.values(mounts(pod, wanted)).flat())
    expect(plain.filter((mount) => 'recursiveReadOnly' in mount)).toEqual([])
    expect(plain.filter(({ mountPropagation }) => mountPropagation === 'HostToContainer')).toHaveLength(11)
  })
})

describe('log-kmsg', () => {
  const ofKmsg = ({ mountPath }: Mount) => mountPath === '/dev/kmsg'
  it.each([
    ['component', () => withComponent('log-kmsg')],
    ['value', () => helm('--set', 'log.kmsg=true')],
  ])('makes the container of logs a privileged one with the device, and no other: by %s', (_, render) => {
    const objects = render()
    const pod = podOf(objects)
    expect(mounts(pod, ofKmsg)).toEqual({ log: [{ name: 'host-kmsg', mountPath: '/dev/kmsg', readOnly: true }] })
    expect(pod.volumes?.find(({ name }) => name === 'host-kmsg')?.hostPath).toEqual({
      path: '/dev/kmsg',
      type: 'CharDevice',
    })
    const context = { runAsUser: 0, runAsGroup: 4, runAsNonRoot: false, readOnlyRootFilesystem: true }
    const privileged = pod.containers.filter(({ securityContext }) => securityContext?.privileged === true)
    expect(privileged.map(({ name, securityContext }) => [name, securityContext])).toEqual([
      ['log', { ...context, privileged: true, allowPrivilegeEscalation: true }],
    ])
    expect(objects.flatMap((object) => validate([loadSchemas('kubernetes-1.20')], object))).toEqual([])
  })

  it('is refused where there is no such container', () => {
    expect(helmRefusal('--set', 'log.kmsg=true,layout=compact')).toContain(
      'log.kmsg makes the container log a privileged one, and layout=compact has none of that name; use layout=separate',
    )
  })
})

describe('plug-ins', () => {
  it('are executable in the container that runs them, by component and by value', () => {
    const pods = [podOf(withComponent('plugin-scripts')), podOf(helm('--set', 'pluginScripts.check=x'))]
    for (const pod of pods) {
      expect(mounts(pod, ({ name }) => name === 'scripts')).toEqual({
        'custom-plugin': [{ name: 'scripts', mountPath: '/etc/node-doctor-scripts', readOnly: true }],
      })
      expect(pod.volumes?.find(({ name }) => name === 'scripts')?.configMap).toEqual({
        name: 'node-doctor-scripts',
        defaultMode: 0o555,
      })
    }
  })

  it('run as another user, and with more rights, where that is said; what they keep is of that user', () => {
    const pod = podOf(
      helm('--set', 'customPlugin.securityContext.runAsUser=0,customPlugin.securityContext.privileged=true'),
    )
    const context = pod.containers.find(({ name }) => name === 'custom-plugin')?.securityContext
    expect(context).toEqual({
      runAsUser: 0,
      runAsGroup: 65_100,
      runAsNonRoot: false,
      readOnlyRootFilesystem: true,
      privileged: true,
      allowPrivilegeEscalation: true,
    })
    expect(pod.initContainers?.[0]?.env).toEqual([{ name: 'PLUGIN_USER', value: '0' }])
    expect(helmRefusal('--set', 'customPlugin.securityContext.runAsUser=0,layout=compact')).toContain(
      'customPlugin.securityContext is of the container custom-plugin, and layout=compact has none of that name',
    )
  })
})

describe('monitors of network and Kubernetes', () => {
  const contextOf = (name: string, ...sets: string[]) =>
    podOf(helm(...sets.flatMap((set) => ['--set', set]))).containers.find((container) => container.name === name)

  it('have a capability as root with that alone, which keeps what it keeps as root', () => {
    const sets = ['network.capabilities={NET_RAW}']
    expect(contextOf('network', ...sets)?.securityContext).toEqual({
      runAsUser: 0,
      runAsGroup: 65_100,
      runAsNonRoot: false,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
    })
    const pod = podOf(helm('--set', sets[0] ?? ''))
    expect(pod.initContainers?.[0]?.env).toEqual([{ name: 'NETWORK_USER', value: '0' }])
    expect(helmRefusal('--set', 'network.capabilities={NET_RAW},layout=compact')).toContain(
      'network.capabilities are of the container network',
    )
    expect(helmRefusal('--set', 'network.capabilities={SYS_ADMIN}')).toContain('network/capabilities')
  })

  it.each(['network', 'kubernetes', 'echo'])('are refused with words by values of a release that had no %s', (name) => {
    expect(helmRefusal('--set', `${name}=null`)).toContain(`the values have no "${name}": they are of an older release`)
  })

  it('have root’s group and a token of their own unless that is taken away', () => {
    const has = (container: ReturnType<typeof contextOf>) => [
      container?.securityContext?.runAsGroup,
      container?.volumeMounts?.some(({ name }) => name === 'kubernetes-token'),
    ]
    expect(has(contextOf('kubernetes'))).toEqual([0, true])
    expect(has(contextOf('kubernetes', 'kubernetes.runtimeSocket=false', 'kubernetes.token=false'))).toEqual([
      65_100,
      false,
    ])
    for (const set of ['kubernetes.token=false', 'layout=compact'])
      expect(helm('--set', set).filter(({ metadata }) => metadata.name === 'node-doctor-kubernetes')).toEqual([])
    expect(helm().filter(({ metadata }) => metadata.name === 'node-doctor-kubernetes')).toHaveLength(6)
  })
})

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
  const SPEAKING = builtServices(SERVICES)
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
    expect(objects.flatMap((object) => validate([loadSchemas('kubernetes-1.20')], object))).toEqual([])
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

describe('metrics-service', () => {
  it('is the Service of the chart, and finds the pods by the port that the configuration names', () => {
    const service = find(withComponent('metrics-service'), 'Service', 'node-doctor-metrics')
    const ofChart = find(helm('--set', 'prometheus.serviceMonitor.enabled=true'), 'Service', 'node-doctor-metrics')
    expect(service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true })
    expect((service.spec as { ports?: unknown }).ports).toEqual((ofChart.spec as { ports?: unknown }).ports)
    const selector = (service.spec as { selector: Record<string, string> }).selector
    const pod = find(withComponent('metrics-service'), 'DaemonSet', 'node-doctor').spec?.template?.metadata
    expect(pod?.labels).toMatchObject(selector)
    expect(validate([loadSchemas('kubernetes-1.20')], service)).toEqual([])
  })
})

describe('network-policy', () => {
  it('holds the agent as the chart’s does, in a network of its own', () => {
    const objects = withComponent('network-policy')
    const chart = helm('--set', 'networkPolicy.enabled=true,hostNetwork=false')
    const [policy, ofChart] = [objects, chart].map((all) => find(all, 'NetworkPolicy', 'node-doctor').spec)
    expect({ ...policy, podSelector: undefined }).toEqual({ ...ofChart, podSelector: undefined })
    const selector = (policy as { podSelector: { matchLabels: Record<string, string> } }).podSelector.matchLabels
    expect(find(objects, 'DaemonSet', 'node-doctor').spec?.template?.metadata?.labels).toMatchObject(selector)
    for (const all of [objects, chart])
      expect(podOf(all)).toMatchObject({ hostNetwork: false, dnsPolicy: 'ClusterFirst' })
    expect(objects.flatMap((object) => validate([loadSchemas('kubernetes-1.20')], object))).toEqual([])
  })
})
