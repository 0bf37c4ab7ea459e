import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { builtServices, deployedServices, SERVICES } from '#service-table'
import { type Container, everything, find, kustomize, overlay, type PodSpec, podSpecs, ROOT } from './objects.ts'

/** Of somebody else's shape: npd-shape.test.ts. */
const THEIRS_BY_SHAPE = ['kustomize-npd']
const RENDERED = Object.entries(everything())
  .filter(([name]) => !THEIRS_BY_SHAPE.includes(name))
  .map(([name, render]) => [name, render()] as const)
const PODS = RENDERED.flatMap(([name, objects]) =>
  podSpecs(objects).map(({ id, pod }) => [`${name}: ${id}`, pod] as const),
)

const BUILT = deployedServices(SERVICES)

/** Who reads what is root's alone. */
const ROOTS: readonly string[] = builtServices(SERVICES)
  .filter(({ uid }) => uid === 0)
  .map(({ name }) => name)

const CAPABILITIES: Readonly<Record<string, { readonly add: readonly string[] }>> = {
  gpu: { add: ['SYSLOG'] },
  'host-actions': { add: ['DAC_OVERRIDE', 'FOWNER'] },
}

/** Containers that a user adds in their own words. */
const THEIRS = new Set(['toolbox', 'first'])
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'

function ours(containers: readonly Container[] = []): Container[] {
  return containers.filter(({ name }) => !THEIRS.has(name))
}

function effective(pod: PodSpec, { securityContext }: Container) {
  return { ...pod.securityContext, ...securityContext }
}

describe.each(PODS)('%s', (_, pod) => {
  it('runs every container but those of logs, GPUs and acts as a user that is not root, all with a root file system that they cannot write, and no capability but those of GPUs and acts', () => {
    const found = ours(pod.containers).map((container) => {
      const context = effective(pod, container)
      return {
        name: container.name,
        nonRoot: context.runAsNonRoot === true && (context.runAsUser ?? 0) > 0,
        readOnly: context.readOnlyRootFilesystem,
        escalates: context.allowPrivilegeEscalation,
        privileged: context.privileged ?? false,
        capabilities: context.capabilities,
        seccomp: context.seccompProfile?.type,
      }
    })
    expect(found).toEqual(
      found.map(({ name }) => ({
        name,
        nonRoot: !ROOTS.includes(name),
        readOnly: true,
        escalates: false,
        privileged: false,
        capabilities: { drop: ['ALL'], ...CAPABILITIES[name] },
        seccomp: 'RuntimeDefault',
      })),
    )
  })

  it('makes folders as root with two capabilities, and ends', () => {
    for (const container of ours(pod.initContainers)) {
      const context = effective(pod, container)
      expect(context.capabilities).toEqual({ drop: ['ALL'], add: ['CHOWN', 'FOWNER'] })
      expect(context.readOnlyRootFilesystem).toBe(true)
      expect(context.allowPrivilegeEscalation).toBe(false)
      expect(context.privileged ?? false).toBe(false)
    }
  })

  it('gives the token of its account to the container that speaks to the API server, and to no other', () => {
    expect(pod.automountServiceAccountToken).toBe(false)
    const all = [...pod.containers, ...(pod.initContainers ?? [])]
    const havingOwn = all.filter(({ volumeMounts = [] }) =>
      volumeMounts.some(({ name }) => name === 'kubernetes-token'),
    )
    expect(havingOwn.map(({ name }) => name)).toEqual(
      pod.containers.some(({ name }) => name === 'kubernetes') ? ['kubernetes'] : [],
    )
    const having = all.filter(
      (container) =>
        !havingOwn.includes(container) &&
        (container.volumeMounts ?? []).some(
          ({ name, mountPath }) => name === 'token' || mountPath.startsWith(TOKEN_PATH),
        ),
    )
    const allowed = builtServices(SERVICES)
      .filter(({ needs }) => needs.includes('api-server'))
      .map(({ name }) => name)
    const merged = ['exporters', 'cleanup']
    expect(having.map(({ name }) => name).filter((name) => ![...allowed, ...merged].includes(name))).toEqual([])
    expect(having.length).toBe(pod.serviceAccountName === undefined ? 0 : 1)
    const tokens = (pod.volumes ?? []).filter(({ projected }) =>
      projected?.sources.some((source) => 'serviceAccountToken' in source),
    )
    expect(tokens.map(({ name }) => name)).toEqual(having.length === 0 ? [] : ['token'])
  })

  it('sees no processes and no shared memory of the host', () => {
    expect(pod.hostPID ?? false).toBe(false)
    expect(pod.hostIPC ?? false).toBe(false)
  })

  it('reserves no port of the node', () => {
    expect(ours(pod.containers).flatMap(({ ports = [] }) => ports)).toEqual([])
  })

  it('asks for memory and processor time in every container, and limits memory alone', () => {
    for (const { name, resources } of ours([...pod.containers, ...(pod.initContainers ?? [])])) {
      expect([name, Object.keys(resources?.requests ?? {}).toSorted()]).toEqual([name, ['cpu', 'memory']])
      expect([name, Object.keys(resources?.limits ?? {})]).toEqual([name, ['memory']])
    }
  })

  it('starts no Node for a probe', () => {
    const probes = ours(pod.containers).flatMap(({ startupProbe, livenessProbe, readinessProbe }) =>
      [startupProbe, livenessProbe, readinessProbe].filter((probe) => probe !== undefined),
    )
    for (const { exec } of probes) expect(['/opt/node-doctor/bin/alive.sh', 'test']).toContain(exec?.command[0])
  })

  it('mounts only volumes that it has, and has only volumes that it mounts', () => {
    const all = [...pod.containers, ...(pod.initContainers ?? [])]
    const mounted = new Set(all.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)))
    const had = new Set((pod.volumes ?? []).map(({ name }) => name))
    expect([...mounted].filter((name) => !had.has(name))).toEqual([])
    expect([...had].filter((name) => !mounted.has(name) && name !== 'scratch')).toEqual([])
    for (const { volumeMounts = [] } of all) {
      const paths = volumeMounts.map(({ mountPath }) => mountPath)
      expect(new Set(paths).size).toBe(paths.length)
    }
  })

  it('keeps what lies in memory bounded', () => {
    for (const { name, emptyDir } of pod.volumes ?? []) {
      if (emptyDir === undefined || name === 'scratch') continue
      expect([name, emptyDir]).toEqual([
        name,
        { medium: 'Memory', sizeLimit: expect.stringMatching(/^[14]Mi$/) as string },
      ])
    }
  })
})

const OTHERS = PODS.filter(([id]) => !id.endsWith('DaemonSet node-doctor/node-doctor'))

describe.each(OTHERS)('%s', (_, pod) => {
  it('has none of the groups of the agent', () => {
    const groups = [pod, ...ours([...pod.containers, ...(pod.initContainers ?? [])])].flatMap(({ securityContext }) => {
      const {
        runAsGroup,
        fsGroup,
        supplementalGroups = [],
      } = (securityContext ?? {}) as {
        runAsGroup?: number
        fsGroup?: number
        supplementalGroups?: number[]
      }
      return [runAsGroup, fsGroup, ...supplementalGroups]
    })
    expect(groups.filter((group) => group === 65100)).toEqual([])
  })
})

const AGENTS = RENDERED.flatMap(([name, objects]) => {
  const agent = objects.find(({ kind, metadata }) => kind === 'DaemonSet' && metadata.name === 'node-doctor')
  const pod = agent?.spec?.template?.spec
  return pod === undefined ? [] : [[name, pod] as const]
})

describe.each(AGENTS)('the agent of %s', (_, pod) => {
  const services = ours(pod.containers).filter(({ args }) => args?.length === 1 && args[0] !== '--verbose')

  it('is alive and ready by files that its own event loop touches', () => {
    for (const { name, startupProbe, livenessProbe, readinessProbe, volumeMounts = [] } of services) {
      const folder = livenessProbe?.exec?.command[1] ?? ''
      expect([name, volumeMounts.map(({ mountPath }) => mountPath)]).toEqual([
        name,
        expect.arrayContaining([folder]) as string[],
      ])
      expect(startupProbe?.exec?.command).toEqual(['/opt/node-doctor/bin/alive.sh', folder, '--start'])
      expect(readinessProbe?.exec?.command).toContain(`${folder}/ready`)
      expect((livenessProbe?.periodSeconds ?? 0) * (livenessProbe?.failureThreshold ?? 0)).toBe(120)
    }
  })

  it('has a user for each service', () => {
    // Of root others can write nothing, so two may be root.
    const users = services.map(({ securityContext }) => securityContext?.runAsUser).filter((user) => user !== 0)
    expect(new Set(users).size).toBe(users.length)
  })

  it('writes nothing of the host but its own folders', () => {
    const writable = ours(pod.containers).flatMap(({ volumeMounts = [] }) =>
      volumeMounts.flatMap(({ name, readOnly }) => {
        const path = pod.volumes?.find((volume) => volume.name === name)?.hostPath?.path
        return path === undefined || readOnly === true ? [] : [path]
      }),
    )
    expect(writable.filter((path) => !/^\/(run|var\/lib)\/node-doctor\/(monitors\/)?[a-z0-9-]+$/.test(path))).toEqual(
      [],
    )
  })

  it('lets no service write the folder of the bus, or the folder of open problems, but the detector', () => {
    const having = (volume: string) =>
      pod.containers
        .filter(({ volumeMounts = [] }) => volumeMounts.some(({ name }) => name === volume))
        .map(({ name }) => name)
    expect(having('host-bus')).toEqual(['detector'])
    expect(having('host-state-detector')).toEqual(['detector'])
    expect(having('run-detector')).toEqual(['detector'])
  })

  it('shows what the common group opens, sockets, keys and the token, to its owner and to the detector alone', () => {
    const owners: Readonly<Record<string, string>> = {
      ...Object.fromEntries(BUILT.map(({ name }) => [`run-${name}`, name])),
      token: BUILT.find(({ needs }) => needs.includes('api-server'))?.name ?? '',
      'kubernetes-token': BUILT.find(({ needs }) => needs.includes('own-token'))?.name ?? '',
    }
    const namesOf = (wanted: string) => BUILT.filter(({ kind }) => kind === wanted).map(({ name }) => name)
    const merged: Readonly<Record<string, readonly string[]>> = {
      monitors: namesOf('monitor'),
      exporters: namesOf('exporter'),
    }
    for (const { name, volumeMounts = [] } of services) {
      const roles = merged[name] ?? [name]
      const strange = volumeMounts.filter(
        (mount) => owners[mount.name] !== undefined && !roles.includes(owners[mount.name] ?? ''),
      )
      expect([name, name === 'detector' ? strange.filter(({ name: of }) => of === 'token') : strange]).toEqual([
        name,
        [],
      ])
    }
  })

  it('shares no folder of the host that is written between two containers', () => {
    const written = services.flatMap(({ volumeMounts = [] }) =>
      volumeMounts
        .filter(({ readOnly, name }) => readOnly !== true && name.startsWith('host-'))
        .map(({ name }) => name),
    )
    expect(written.toSorted()).toEqual([...new Set(written)].toSorted())
  })

  it("lets who is root not write names for the whole pod: the kubelet mounts one file into every container, root's, but where there is a mount", () => {
    for (const { name, volumeMounts = [] } of ours(pod.containers).filter(({ name }) => ROOTS.includes(name))) {
      const hosts = volumeMounts.filter(({ mountPath }) => mountPath === '/etc/hosts')
      expect([name, hosts.map(({ readOnly }) => readOnly)]).toEqual([name, [true]])
    }
  })

  it('shows who is root no more of the host than its logs, or its processes and devices, and names, read-only, and its own state', () => {
    const seen: Readonly<Record<string, readonly string[]>> = { log: ['/run/log', '/var/log'], gpu: ['/proc', '/sys'] }
    for (const { name, volumeMounts = [] } of ours(pod.containers).filter(({ name }) => ROOTS.includes(name))) {
      const hosts = volumeMounts.flatMap((mount) => {
        const path = pod.volumes?.find((volume) => volume.name === mount.name)?.hostPath?.path
        return path === undefined ? [] : [`${path} ${mount.readOnly === true ? 'read-only' : 'writable'}`]
      })
      expect([name, hosts.toSorted()]).toEqual([
        name,
        [
          ...['/etc/hosts', ...(seen[name] ?? [])].map((path) => `${path} read-only`),
          `/var/lib/node-doctor/monitors/${name} writable`,
        ].toSorted(),
      ])
    }
  })

  it('mounts by itself, read-only, whatever is below the root of the host and may be a mount that everybody writes', () => {
    for (const { name, volumeMounts = [] } of ours(pod.containers)) {
      const paths = volumeMounts.filter(({ mountPath }) => mountPath.startsWith('/host'))
      if (paths.length === 0) continue
      expect([name, paths.map(({ mountPath, readOnly }) => `${mountPath} ${readOnly}`).toSorted()]).toEqual([
        name,
        (name === 'gpu' ? ['/proc', '/sys'] : ['', '/dev/shm', '/proc', '/run', '/sys', '/tmp']).map(
          (path) => `/host${path} true`,
        ),
      ])
    }
  })

  it('lets the detector connect to sockets of monitors, and make none in their folders', () => {
    const mounts = pod.containers.find(({ name }) => name === 'detector')?.volumeMounts ?? []
    const folders = mounts.filter(({ mountPath }) => /^\/run\/node-doctor\/(monitors|plugins)/.test(mountPath))
    expect(folders.map(({ name }) => name)).toEqual(expect.arrayContaining(['run-system', 'host-monitors']))
    expect(folders.filter(({ readOnly }) => readOnly !== true)).toEqual([])
  })

  it('stays where nodes are full, tainted or unwell, and comes first', () => {
    expect(pod.priorityClassName).toBe('system-node-critical')
    expect(pod.tolerations).toEqual([
      { operator: 'Exists', effect: 'NoSchedule' },
      { operator: 'Exists', effect: 'NoExecute' },
    ])
  })
})

describe('what accounts may do', () => {
  const agent = overlay('default')
  const cleanup = kustomize(join(ROOT, 'deploy/kustomize/cleanup'))
  const core = ['']

  it('is, for the agent, to read and mark nodes, and to write events', () => {
    expect(find(agent, 'ClusterRole', 'node-doctor').rules).toEqual([
      { apiGroups: core, resources: ['nodes'], verbs: ['get'] },
      { apiGroups: core, resources: ['nodes/status'], verbs: ['patch'] },
    ])
    const events = find(agent, 'Role', 'node-doctor-events')
    expect(events.metadata.namespace).toBe('default')
    expect(events.rules).toEqual([{ apiGroups: core, resources: ['events'], verbs: ['create', 'patch'] }])
  })

  it('is, for the monitor of Kubernetes, to read metrics and configuration of kubelets, and where the API servers are', () => {
    expect(find(agent, 'ClusterRole', 'node-doctor-kubernetes').rules).toEqual([
      { apiGroups: core, resources: ['nodes/metrics', 'nodes/configz'], verbs: ['get'] },
    ])
    const slice = find(agent, 'Role', 'node-doctor-kubernetes')
    expect(slice.metadata.namespace).toBe('default')
    expect(slice.rules).toEqual([
      {
        apiGroups: ['discovery.k8s.io'],
        resources: ['endpointslices'],
        resourceNames: ['kubernetes'],
        verbs: ['get'],
      },
    ])
    const compact = overlay('compact').filter(({ metadata }) => metadata.name === 'node-doctor-kubernetes')
    expect(compact).toEqual([])
  })

  it('is, for the clean-up, to go over all nodes, and to end our DaemonSets and no other', () => {
    expect(find(cleanup, 'ClusterRole', 'node-doctor-cleanup').rules).toEqual([
      { apiGroups: core, resources: ['nodes'], verbs: ['get', 'list', 'patch'] },
      { apiGroups: core, resources: ['nodes/status'], verbs: ['patch'] },
    ])
    expect(find(cleanup, 'Role', 'node-doctor-cleanup').rules).toEqual([
      {
        apiGroups: ['apps'],
        resources: ['daemonsets'],
        resourceNames: ['node-doctor', 'node-doctor-remediation'],
        verbs: ['get', 'delete'],
      },
      { apiGroups: core, resources: ['pods'], verbs: ['list'] },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['list', 'delete'] },
    ])
  })
})
