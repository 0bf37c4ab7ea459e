/** What repairs, where it is deployed: a pod beside the agent's, of which one container has the token and the other one is root. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parse as parseConfig } from '../../libs/config/testing.ts'
import { mounts, podOf, refused, withComponent } from './components.ts'
import { type Container, find, helm, helmRefusal, type KubeObject, overlay, type PodSpec, ROOT } from './objects.ts'

const NAME = 'node-doctor-remediation'
const ENABLED = ['--set', 'remediation.enabled=true'] as const
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount'

function repairPodOf(objects: readonly KubeObject[]): PodSpec {
  const pod = find(objects, 'DaemonSet', NAME).spec?.template?.spec
  if (pod === undefined) throw new Error('the DaemonSet has no pod')
  return pod
}

function containerOf(pod: PodSpec, name: string): Container | undefined {
  return pod.containers.find((container) => container.name === name)
}

function configOf(objects: readonly KubeObject[]): Record<string, unknown> {
  const map = objects.find(({ kind, data }) => kind === 'ConfigMap' && data?.['config.yaml'] !== undefined)
  return parse(map?.data?.['config.yaml'] ?? '') as Record<string, unknown>
}

/** Folders of the host by their place in a container: "/host/tmp" → "/tmp writable". */
function ofHost(pod: PodSpec, name: string): Record<string, string> {
  return Object.fromEntries(
    (containerOf(pod, name)?.volumeMounts ?? []).flatMap((mount) => {
      const path = pod.volumes?.find((volume) => volume.name === mount.name)?.hostPath?.path
      return path === undefined
        ? []
        : [[mount.mountPath, `${path} ${mount.readOnly === true ? 'read-only' : 'writable'}`]]
    }),
  )
}

const RENDERED = [
  ['overlay', () => overlay('remediation')],
  ['component, compact', () => withComponent('remediation', {}, 'compact')],
  ['value', () => helm(...ENABLED)],
  ['value, compact', () => helm(...ENABLED, '--set', 'layout=compact')],
] as const

describe('what repairs', () => {
  it('is in no pod unless it is asked for', () => {
    for (const objects of [overlay('default'), overlay('compact'), helm()]) {
      // Whoever cleans up takes off what repairs have left, whatever was deployed.
      const ours = objects.filter(({ metadata }) => !metadata.name.includes('cleanup'))
      const text = JSON.stringify(ours.filter(({ kind }) => kind !== 'ConfigMap' && kind !== 'PrometheusRule'))
      expect(text).not.toMatch(/remediat|host-actions|65112/i)
    }
  })

  it('is the same pod by overlay and by value', () => {
    const [byOverlay, byValue] = [repairPodOf(overlay('remediation')), repairPodOf(helm(...ENABLED))]
    const plain = ({ image: _, ...container }: Container) => container
    expect(byOverlay.containers.map(plain)).toEqual(byValue.containers.map(plain))
    expect(byOverlay.initContainers?.map(plain)).toEqual(byValue.initContainers?.map(plain))
    const others = ({ name }: { name: string }) => name !== 'config'
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
    expect(byOverlay.volumes?.filter(others).toSorted(byName)).toEqual(byValue.volumes?.filter(others).toSorted(byName))
    expect(refused([...overlay('remediation'), ...helm(...ENABLED)], '1.20')).toEqual([])
  })

  it.each(RENDERED)('has no container that is root and holds a token: %s', (_, render) => {
    const pod = repairPodOf(render())
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(Object.keys(mounts(pod, ({ mountPath }) => mountPath.startsWith(TOKEN)))).toEqual(['remediator'])
    const roots = pod.containers.filter(({ securityContext }) => securityContext?.runAsUser === 0)
    expect(roots.map(({ name }) => name)).toEqual(['host-actions'])
    expect(containerOf(pod, 'remediator')?.securityContext).toEqual({
      runAsUser: 65_112,
      runAsGroup: 65_112,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    })
  })

  it.each(RENDERED)('decides with its own folders of the host and nothing else of it: %s', (_, render) => {
    expect(ofHost(repairPodOf(render()), 'remediator')).toEqual({
      '/run/node-doctor/remediator': '/run/node-doctor/remediator writable',
      '/run/node-doctor/remediator-lock': '/run/node-doctor/remediator-lock writable',
      '/var/lib/node-doctor/remediator': '/var/lib/node-doctor/remediator writable',
      '/run/node-doctor/detector': '/run/node-doctor/detector read-only',
      '/run/node-doctor/host-actions': '/run/node-doctor/host-actions read-only',
      '/etc/machine-id': '/etc/machine-id read-only',
    })
  })

  it.each(RENDERED)(
    'writes of the host what may be cleaned up, and its own folder at its own place: %s',
    (_, render) => {
      const pod = repairPodOf(render())
      const found = Object.entries(ofHost(pod, 'host-actions'))
      expect(Object.fromEntries(found.filter(([, path]) => path.endsWith(' writable')))).toEqual({
        '/run/node-doctor/host-actions': '/run/node-doctor/host-actions writable',
        '/host/var/log': '/var/log writable',
        '/host/tmp': '/tmp writable',
        '/host/var/tmp': '/var/tmp writable',
      })
      const read = found.filter(([, path]) => path.endsWith(' read-only')).map(([place]) => place)
      expect(read.toSorted()).toEqual(
        [
          '/etc/hosts',
          '/host',
          '/host/dev/shm',
          '/host/proc',
          '/host/run',
          '/host/sys',
          '/var/lib/node-doctor/remediator',
        ].toSorted(),
      )
    },
  )

  it('cleans up where the configuration of the chart says, and nowhere else', () => {
    const roots =
      'config.remediation.diskCleanup.logRoots={/var/log,/srv/Logs},config.remediation.diskCleanup.tempRoots={/scratch}'
    const writable = Object.entries(ofHost(repairPodOf(helm(...ENABLED, '--set', roots)), 'host-actions'))
      .filter(([place, path]) => place.startsWith('/host') && path.endsWith(' writable'))
      .map(([place]) => place)
    expect(writable).toEqual(['/host/var/log', '/host/srv/Logs', '/host/scratch'])
  })

  it.each(RENDERED)(
    'meets the agent in two folders of the host that the detector alone of its containers has: %s',
    (_, render) => {
      const objects = render()
      const agent = podOf(objects)
      for (const name of ['run-detector', 'run-remediator']) {
        const [own, theirs] = [repairPodOf(objects), agent].map(({ volumes = [] }) =>
          volumes.find((one) => one.name === name),
        )
        expect([name, theirs]).toEqual([name, own])
        expect(Object.keys(mounts(agent, (mount) => mount.name === name))).toEqual(['detector'])
      }
      const [prepare] = agent.initContainers ?? []
      expect(prepare?.env).toContainEqual({ name: 'REMEDIATION', value: '1' })
      expect(prepare?.securityContext).toMatchObject({ runAsUser: 0, runAsGroup: 65_112 })
    },
  )

  it.each(RENDERED)(
    'is on the network of the node, where the bus is, and as hard to displace as the agent: %s',
    (_, render) => {
      const pod = repairPodOf(render())
      expect(pod).toMatchObject({ hostNetwork: true, priorityClassName: 'system-node-critical' })
      expect(pod.tolerations).toEqual(podOf(render()).tolerations)
    },
  )

  it.each(RENDERED)('has AppArmor off in the container that asks D-Bus, and in no other: %s', (_, render) => {
    const annotations = find(render(), 'DaemonSet', NAME).spec?.template?.metadata.annotations ?? {}
    expect(Object.entries(annotations).filter(([key]) => key.includes('apparmor'))).toEqual([
      ['container.apparmor.security.beta.kubernetes.io/host-actions', 'unconfined'],
    ])
  })

  it('reads the same configuration as the agent, which the overlay and the chart switch repairs on in', () => {
    for (const objects of [overlay('remediation'), helm(...ENABLED)]) {
      const [own, agents] = [repairPodOf(objects), podOf(objects)].map(({ volumes = [] }) =>
        volumes.find(({ name }) => name === 'config'),
      )
      expect(own).toEqual(agents)
      expect(configOf(objects)).toMatchObject({ remediation: { enabled: true } })
    }
    const off = helm(...ENABLED, '--set', 'config.remediation.enabled=false')
    expect(configOf(off)).toMatchObject({ remediation: { enabled: false } })
  })

  it('repairs by the overlay what its file says, which is that of the base in all else', () => {
    const base = parse(readFileSync(join(ROOT, 'deploy/kustomize/base/config.yaml'), 'utf8')) as object
    const { monitors, remediation, ...rest } = configOf(overlay('remediation'))
    expect(rest).toEqual(base)
    expect(remediation).toEqual({ enabled: true, dryRun: false })
    const config = parseConfig(readFileSync(join(ROOT, 'deploy/kustomize/overlays/remediation/config.yaml'), 'utf8'))
    expect((monitors as { name: string }[]).map(({ name }) => name)).toEqual(['kubelet', 'disk'])
    expect(config.monitors.find(({ name }) => name === 'kubelet')?.remediation).toMatchObject({
      strategy: 'systemd-restart',
      for: ['KubeletUnhealthy'],
    })
  })

  it('is only told by the overlay that observes, which is the other one in all else, and both say so in their first lines', () => {
    const [acts, observes] = [overlay('remediation'), overlay('remediation-observe')]
    expect(configOf(acts)).toMatchObject({ remediation: { enabled: true, dryRun: false } })
    expect(configOf(observes)).toEqual({ ...configOf(acts), remediation: { enabled: true, dryRun: true } })
    const hash = (objects: readonly KubeObject[]) =>
      objects.find(({ kind, data }) => kind === 'ConfigMap' && data?.['config.yaml'] !== undefined)?.metadata.name ?? ''
    const others = (objects: readonly KubeObject[]) =>
      JSON.stringify(objects.filter(({ kind }) => kind !== 'ConfigMap')).replaceAll(hash(objects), 'CONFIG')
    expect(others(observes)).toBe(others(acts))
    const head = (name: string) =>
      readFileSync(join(ROOT, `deploy/kustomize/overlays/${name}/kustomization.yaml`), 'utf8')
        .split('\n')
        .slice(0, 3)
    expect(head('remediation').join(' ')).toMatch(/it acts from the moment it is applied.*remediation-observe/)
    expect(head('remediation-observe').join(' ')).toMatch(/which here does nothing/)
  })

  it('goes pool by pool, where the chart is told so', () => {
    const pod = repairPodOf(helm(...ENABLED, '--set', 'remediation.nodeSelector.pool=canary')) as unknown as {
      nodeSelector: object
    }
    expect(pod.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux', pool: 'canary' })
    expect(podOf(helm(...ENABLED, '--set', 'remediation.nodeSelector.pool=canary'))).not.toHaveProperty(
      'nodeSelector.pool',
    )
  })

  it('has the files of an external bus in what reads it', () => {
    const tls =
      'busTls.secretName=bus,config.bus.url=tls://nats.example:4222,config.bus.tls.ca=/etc/node-doctor-bus/ca.crt'
    for (const objects of [helm(...ENABLED, '--set', tls), withComponent(['remediation', 'bus-tls'])])
      expect(Object.keys(mounts(repairPodOf(objects), ({ name }) => name === 'bus-tls'))).toEqual(['remediator'])
  })

  it.each([
    [
      'config.remediation.enabled=true',
      'config.remediation.enabled switches repairs on, and no pod does them; set remediation.enabled=true',
    ],
    ['config.settings.enableRemediation=true', 'config.remediation.enabled switches repairs on, and no pod does them'],
    ['remediation.enabled=true,hostNetwork=false', 'remediation.enabled needs hostNetwork=true'],
    [
      'pluginDaemonSets[0].name=node-doctor-remediation,pluginDaemonSets[0].image=x:1',
      'is the name of another DaemonSet of this release',
    ],
    ['remediation.enable=true', "at '/remediation': additional properties 'enable' not allowed"],
  ])('is refused by the chart, or missed aloud: %s', (setting, reason) => {
    expect(helmRefusal('--set', setting)).toContain(reason)
  })

  it('is left alone where repairs are written and off', () => {
    for (const off of [
      'config.remediation.enabled=false',
      'config.settings.enableRemediation=true,config.remediation.enabled=false',
    ])
      expect(helmRefusal('--set', off)).toBe('')
  })
})

describe('what its account may do', () => {
  const CORE = ['']
  const LEASES = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] }
  const leaseRules = (...resourceNames: readonly string[]) => [
    { ...LEASES, resourceNames, verbs: ['get', 'update'] },
    { ...LEASES, verbs: ['create'] },
  ]
  it('is with the chart to write each Lease that its configuration counts, and no other one', () => {
    const rulesWith = (lease: string) => find(helm(...ENABLED, '--set', lease), 'Role', NAME).rules
    expect(rulesWith('config.remediation.lease.slots=3')).toEqual(
      leaseRules(...[0, 1, 2].map((index) => `node-doctor-remediation-${index}`)),
    )
    expect(rulesWith('config.remediation.lease.name=rack-7,config.remediation.lease.slots=2')).toEqual(
      leaseRules('rack-7-0', 'rack-7-1'),
    )
  })

  it.each([
    ['overlay', () => overlay('remediation'), () => overlay('default')],
    ['value', () => helm(...ENABLED), () => helm()],
  ])(
    'is to mark and cordon nodes, to evict pods, and to take leases of its namespace; the agent’s gains nothing: %s',
    (_, render, without) => {
      const objects = render()
      expect(find(objects, 'ClusterRole', NAME).rules).toEqual([
        { apiGroups: CORE, resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] },
        { apiGroups: CORE, resources: ['pods'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: CORE, resources: ['pods/eviction'], verbs: ['create'] },
      ])
      const leases = find(objects, 'Role', NAME)
      expect(leases.metadata.namespace).toBe('node-doctor')
      expect(leases.rules).toEqual(leaseRules('node-doctor-remediation-0'))
      const agents = (of: readonly KubeObject[]) =>
        of.filter(({ kind, metadata }) => kind.includes('Role') && metadata.name !== NAME)
      expect(agents(objects)).toEqual(agents(without()))
    },
  )
})
