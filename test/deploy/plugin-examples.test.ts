/** deploy/plugins: each example is deployed as docs/deploying.md says of plug-ins, and its image only copies what was built. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseObjects, ROOT } from './objects.ts'
import { loadSchemas, validate } from './schema.ts'

const PLUGINS = join(ROOT, 'deploy/plugins')
const RELEASES = [loadSchemas('kubernetes-1.37'), loadSchemas('kubernetes-1.20')]
const FOLDERS = readdirSync(PLUGINS, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)

function read(folder: string, file: string): string {
  return readFileSync(join(PLUGINS, folder, file), 'utf8')
}

describe('an example of a plug-in', () => {
  it('is named by the page', () => {
    const page = read('', 'README.md')
    expect(FOLDERS).toEqual(expect.arrayContaining(['go', 'python', 'rust']))
    for (const folder of FOLDERS) expect(page).toContain(`[${folder}](${folder}/README.md)`)
  })
})

describe.each(FOLDERS)('the example in %s', (folder) => {
  const objects = parseObjects(read(folder, 'manifest.yaml'))
  const [daemonSet] = objects
  const pod = daemonSet?.spec?.template?.spec
  const name = pod?.containers[0]?.name ?? ''

  it('is one DaemonSet, valid for the oldest and the newest Kubernetes', () => {
    expect(objects.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([['DaemonSet', 'node-doctor']])
    for (const object of objects) expect(RELEASES.flatMap((schemas) => validate([schemas], object))).toEqual([])
  })

  it('owns its folder on the host, in which the detector alone may look, and has nothing else of it', () => {
    const user = pod?.securityContext?.runAsUser
    expect(pod?.volumes).toEqual([
      { name: 'socket', hostPath: { path: `/run/node-doctor/monitors/${name}`, type: 'DirectoryOrCreate' } },
    ])
    expect(pod?.initContainers?.map(({ args, securityContext }) => [args, securityContext?.capabilities])).toEqual([
      [[`chown ${user}:0 /socket && chmod 2750 /socket`], { drop: ['ALL'], add: ['CHOWN', 'FOWNER'] }],
    ])
  })

  it('is nobody’s user but its own, with no right, no token and no network of the host, and stays on every node', () => {
    const {
      securityContext,
      containers = [],
      tolerations,
      hostNetwork,
      hostPID,
      automountServiceAccountToken,
    } = pod ?? {}
    const user = securityContext?.runAsUser ?? 0
    expect(user).toBeGreaterThan(65_110)
    expect(securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(containers.map((container) => container.securityContext)).toEqual([
      { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    ])
    expect([automountServiceAccountToken, hostNetwork, hostPID]).toEqual([false, undefined, undefined])
    expect(tolerations).toEqual([
      { operator: 'Exists', effect: 'NoSchedule' },
      { operator: 'Exists', effect: 'NoExecute' },
    ])
  })

  it('asks for little, limits memory alone, and serves the socket that is called as its folder', () => {
    const [container] = pod?.containers ?? []
    expect(Object.keys(container?.resources?.limits ?? {})).toEqual(['memory'])
    expect(Object.keys(container?.resources?.requests ?? {}).toSorted()).toEqual(['cpu', 'memory'])
    expect(container?.env?.[0]).toEqual({
      // Of our package for TypeScript it is called as all of its variables are.
      name: expect.stringMatching(/^(NODE_DOCTOR_)?SOCKET$/) as string,
      value: `/run/node-doctor/monitors/${name}/${name}.sock`,
    })
    expect(read(folder, 'README.md')).toContain(container?.image ?? 'an image')
  })

  it('has an image on any base that copies what was built, runs nothing, and is of the user of its manifest', () => {
    const lines = read(folder, 'Dockerfile')
      .split('\n')
      .filter((line) => /^[A-Z]+ /.test(line))
    expect(lines.map((line) => line.split(' ')[0])).not.toContain('RUN')
    expect(lines[0]).toMatch(/^ARG BASE=\S+$/)
    expect(lines[1]).toBe('FROM ${BASE}')
    const user = pod?.securityContext?.runAsUser
    expect(lines).toContain(`USER ${user}:${user}`)
    for (const copied of lines.filter((line) => line.startsWith('COPY'))) expect(copied).toMatch(/^COPY dist\//)
  })
})
