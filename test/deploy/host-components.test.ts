/** What a cluster may take of the host beside the overlays: the same by a component of kustomize and by a value of the chart. */
import { describe, expect, it } from 'vitest'
import { mounts, podOf, refused, withComponent } from './components.ts'
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
    expect(refused(objects, '1.37')).toEqual([])
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
    expect(refused(objects, '1.20')).toEqual([])
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
