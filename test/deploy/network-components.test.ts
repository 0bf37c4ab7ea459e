/** Monitors of network and Kubernetes, and what belongs to them: accounts with tokens of their own, pods that answer. */
import { describe, expect, it } from 'vitest'
import { podOf, withComponent } from './components.ts'
import { find, helm, helmRefusal, type KubeObject } from './objects.ts'

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
