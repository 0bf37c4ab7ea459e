/** Monitors of network and Kubernetes, and what belongs to them: accounts with tokens of their own, pods that answer. */
import { describe, expect, it } from 'vitest'
import { mounts, podOf, withComponent } from './components.ts'
import { find, helm, helmRefusal, type KubeObject } from './objects.ts'
import { loadSchemas, validate } from './schema.ts'

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

interface Binding extends KubeObject {
  readonly roleRef?: { readonly kind: string; readonly name: string }
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[]
}

/** Names that objects have for others of the same set. */
function namesIn(object: Binding): readonly string[] {
  const pod = object.spec?.template?.spec
  const account = object.metadata.annotations?.['kubernetes.io/service-account.name']
  const secrets = (pod?.volumes ?? []).flatMap(({ secret }) => (secret ? [`Secret ${secret.secretName}`] : []))
  const subjects = [...(object.subjects ?? []), ...(object.roleRef ? [object.roleRef] : [])]
  return [
    ...secrets,
    ...(pod?.serviceAccountName ? [`ServiceAccount ${pod.serviceAccountName}`] : []),
    ...(account ? [`ServiceAccount ${account}`] : []),
    ...subjects.map(({ kind, name }) => `${kind} ${name}`),
  ]
}

it('names of yours reach every name of another object, also that of a token’s account', () => {
  const objects = withComponent('peers', { namePrefix: 'my-', nameSuffix: '-2' })
  const there = new Set(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`))
  const named = objects.flatMap(namesIn)
  expect(named).toContain('ServiceAccount my-node-doctor-kubernetes-2')
  expect(named.filter((one) => !there.has(one))).toEqual([])
})

it('no account is made where that is left to somebody else, nor a token of one', () => {
  const objects = helm(
    '--set',
    'serviceAccount.create=false,cleanup.enabled=false,network.peers=true,echo.enabled=true',
  )
  expect(objects.filter(({ kind }) => kind === 'ServiceAccount' || kind === 'Secret')).toEqual([])
  const echo = find(objects, 'DaemonSet', 'node-doctor-echo').spec?.template?.spec
  expect([echo?.serviceAccountName, echo?.automountServiceAccountToken]).toEqual([undefined, false])
})
