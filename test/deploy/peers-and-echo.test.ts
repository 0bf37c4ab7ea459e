/** What asks others, and what answers them: the same by a component of kustomize and by a value of the chart. */
import { describe, expect, it } from 'vitest'
import { mounts, podOf, withComponent } from './components.ts'
import { find, helm, helmRefusal, type KubeObject } from './objects.ts'
import { loadSchemas, validate } from './schema.ts'

describe('peers', () => {
  const RENDERED: [string, () => KubeObject[]][] = [
    ['component', () => withComponent('peers')],
    ['value', () => helm('--set', 'network.peers=true')],
  ]

  it.each(RENDERED)(
    'give the monitor of the network, and nobody else, a token that reads where the agents are: by %s',
    (_, render) => {
      const objects = render()
      const pod = podOf(objects)
      expect(mounts(pod, ({ name }) => name === 'peers-token')).toEqual({
        network: [{ name: 'peers-token', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true }],
      })
      expect(pod.volumes?.find(({ name }) => name === 'peers-token')).toMatchObject({
        secret: { secretName: 'node-doctor-peers', optional: true, defaultMode: 0o440 },
      })
      expect(find(objects, 'Role', 'node-doctor-peers').rules).toEqual([
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list'] },
      ])
      expect(find(objects, 'Secret', 'node-doctor-peers').metadata.annotations).toEqual({
        'kubernetes.io/service-account.name': 'node-doctor-peers',
      })
      const { selector, ...service } = find(objects, 'Service', 'node-doctor-peers').spec as unknown as Record<
        string,
        object
      >
      expect(service).toEqual({
        clusterIP: 'None',
        ports: [{ name: 'kubelet', port: 10_250, targetPort: 10_250, protocol: 'TCP' }],
      })
      expect(find(objects, 'DaemonSet', 'node-doctor').spec?.template?.metadata.labels).toMatchObject(selector ?? {})
      expect(objects.flatMap((object) => validate([loadSchemas('kubernetes-1.20')], object))).toEqual([])
    },
  )

  it('are not there unless they are asked for, nor where plug-ins would have the token', () => {
    expect(helm().filter(({ metadata }) => /peers|echo/.test(metadata.name))).toEqual([])
    expect(helmRefusal('--set', 'network.peers=true,layout=compact')).toContain(
      'network.peers gives the container network a token',
    )
  })
})

describe('echo', () => {
  const RENDERED: [string, () => KubeObject[]][] = [
    ['component', () => withComponent('echo')],
    ['value', () => helm('--set', 'echo.enabled=true')],
  ]

  it.each(RENDERED)('is a pod on each node that has nothing: by %s', (_, render) => {
    const objects = render()
    const { spec, metadata } = find(objects, 'DaemonSet', 'node-doctor-echo').spec?.template ?? {}
    expect(spec).toMatchObject({
      serviceAccountName: 'node-doctor-echo',
      automountServiceAccountToken: false,
      tolerations: podOf(objects).tolerations ?? [],
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_108,
        runAsGroup: 65_108,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    })
    expect([spec?.hostNetwork, spec?.hostPID, spec?.volumes, spec?.initContainers]).toEqual(Array(4).fill(undefined))
    const [container, ...others] = spec?.containers ?? []
    expect(others).toEqual([])
    expect(container).toMatchObject({
      args: ['echo'],
      securityContext: {
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      },
      resources: { requests: { cpu: '5m', memory: '24Mi' }, limits: { memory: '64Mi' } },
    })
    expect([container?.volumeMounts, container?.ports]).toEqual([undefined, undefined])
    for (const probe of [container?.startupProbe, container?.livenessProbe, container?.readinessProbe])
      expect(probe).toMatchObject({ httpGet: { path: '/healthz', port: 8_023 } })
    const service = find(objects, 'Service', 'node-doctor-echo').spec as unknown as { selector: object; ports: unknown }
    expect(metadata?.labels).toMatchObject(service.selector)
    expect(service.ports).toEqual([{ name: 'echo', port: 8_023, targetPort: 8_023, protocol: 'TCP' }])
    // Services of the agent, and what ends it, do not take its pods for the agent's.
    const services = objects.filter(({ kind, metadata: of }) => kind === 'Service' && of.name !== 'node-doctor-echo')
    for (const { spec: other } of services)
      expect(metadata?.labels).not.toMatchObject((other as unknown as { selector: object }).selector)
    expect(find(objects, 'ServiceAccount', 'node-doctor-echo')).toMatchObject({ automountServiceAccountToken: false })
    const subjects = objects.flatMap((object) => (object as { subjects?: { name: string }[] }).subjects ?? [])
    expect(subjects.filter(({ name }) => name === 'node-doctor-echo')).toEqual([])
    expect(objects.flatMap((object) => validate([loadSchemas('kubernetes-1.20')], object))).toEqual([])
  })
})

describe('the reader of the echo component', () => {
  it.each([
    ['component', () => withComponent('echo')],
    ['value', () => helm('--set', 'echo.enabled=true')],
  ])('is the monitor of the network alone, and the Service is named beside its token: by %s', (_, render) => {
    const objects = render()
    const pod = podOf(objects)
    expect(mounts(pod, ({ name }) => name === 'echo-token')).toEqual({
      network: [{ name: 'echo-token', mountPath: '/var/run/secrets/node-doctor.io/echo', readOnly: true }],
    })
    expect(pod.volumes?.find(({ name }) => name === 'echo-token')).toMatchObject({
      secret: { secretName: 'node-doctor-echo-reader', optional: true, defaultMode: 0o440 },
    })
    expect(find(objects, 'Role', 'node-doctor-echo-reader').rules).toEqual([
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list'] },
    ])
    expect(find(objects, 'Secret', 'node-doctor-echo-reader')).toMatchObject({
      metadata: { annotations: { 'kubernetes.io/service-account.name': 'node-doctor-echo-reader' } },
      stringData: { service: find(objects, 'Service', 'node-doctor-echo').metadata.name },
    })
  })

  it('goes by the name of the release, and is not where plug-ins would have its token', () => {
    const named = helm('--set', 'echo.enabled=true,fullnameOverride=ours')
    expect(find(named, 'Secret', 'ours-echo-reader')).toMatchObject({ stringData: { service: 'ours-echo' } })
    const compact = helm('--set', 'echo.enabled=true,layout=compact')
    expect(compact.filter(({ metadata }) => metadata.name.endsWith('-reader'))).toEqual([])
    expect(find(compact, 'DaemonSet', 'node-doctor-echo').kind).toBe('DaemonSet')
    expect(podOf(compact).volumes?.filter(({ name }) => name === 'echo-token')).toEqual([])
  })
})
