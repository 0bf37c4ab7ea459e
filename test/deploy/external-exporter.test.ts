/** A container more, where somebody names exporters of others: the same by a component of kustomize and by a value of the chart. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mounts, podOf, refused, withComponent } from './components.ts'
import { type Container, helm, helmRefusal, overlay, type PodSpec, ROOT } from './objects.ts'

const NAME = 'external-exporter'
const ENABLED = ['--set', 'externalExporter.enabled=true'] as const

function containerOf(pod: PodSpec): Container | undefined {
  return pod.containers.find(({ name }) => name === NAME)
}

describe('the external-exporter', () => {
  it('is in no pod unless it is asked for, in either layout', () => {
    const pods = [overlay('default'), overlay('compact'), helm(), helm('--set', 'layout=compact')].map(podOf)
    expect(pods.map(containerOf)).toEqual([undefined, undefined, undefined, undefined])
    expect(
      pods.flatMap(({ volumes = [] }) => volumes).filter(({ name }) => /extern|host-exporters/.test(name)),
    ).toEqual([])
  })

  it('is the same container by component and by value, beside every layout', () => {
    const [byComponent, byValue] = [withComponent(NAME), helm(...ENABLED)]
    const { image: _of, ...container } = containerOf(podOf(byComponent)) ?? {}
    const { image: _there, ...charted } = containerOf(podOf(byValue)) ?? {}
    expect(container).toEqual(charted)
    const mounted = mounts(podOf(byComponent), ({ name }) => /run-extern|exporters$|state-extern/.test(name))
    expect(mounted).toEqual(mounts(podOf(byValue), ({ name }) => /run-extern|exporters$|state-extern/.test(name)))
    expect(Object.keys(mounted).toSorted()).toEqual(['detector', NAME])
    const compact = [withComponent(NAME, {}, 'compact'), helm(...ENABLED, '--set', 'layout=compact')]
    for (const objects of compact) expect(containerOf(podOf(objects))).toMatchObject(container)
    expect(refused([...byComponent, ...byValue], '1.20')).toEqual([])
  })

  it('has no token, no root, and of the host the sockets of others, read-only, and its own folder', () => {
    const container = containerOf(podOf(withComponent(NAME)))
    expect(container?.securityContext).toEqual({
      runAsUser: 65_109,
      runAsGroup: 0,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    })
    expect(container?.volumeMounts?.filter(({ name }) => name.startsWith('host-'))).toEqual([
      { name: 'host-exporters', mountPath: '/run/node-doctor/exporters', readOnly: true },
      { name: 'host-state-external-exporter', mountPath: '/var/lib/node-doctor/external-exporter' },
    ])
  })

  it('is missed aloud where the chart’s configuration names exporters', () => {
    const named = 'config.exporters.external[0].name=tickets,config.exporters.external[0].socketAddress=/run/t.sock'
    expect(helmRefusal('--set', named)).toContain(
      'config.exporters.external names exporters, and no container tells them; set externalExporter.enabled=true',
    )
    expect(helmRefusal('--set', named, ...ENABLED)).toBe('')
  })

  it('is no part of the machine’s set of containers but with its own file', () => {
    expect(readFileSync(join(ROOT, 'docker-compose.yaml'), 'utf8')).not.toContain(NAME)
  })
})
