/** Every service of the table is in every manifest; and what a new one lacks is named, with the file to touch. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { builtServices, SERVICES, type ServiceTable } from '#service-table'
import { NEW_EXPORTER, WITH_NEW_EXPORTER } from '../../libs/service-table/testing.ts'
import { withComponent } from './components.ts'
import { composeFaults, imageFaults, pageFaults, prepareFaults } from './file-faults.ts'
import { CHART, find, helm, helmRefusal, type KubeObject, overlay, type PodSpec, ROOT } from './objects.ts'
import { compactFaults, ownPodFaults, podFaults } from './service-faults.ts'

/** The components of what is deployed only where somebody asks for it, and the same in the chart. */
const OPTIONAL = ['external-exporter', 'gpu']
const ASKED = ['--set', 'externalExporter.enabled=true,gpu.enabled=true,gpu.mode=sidecar']
const HELM = 'deploy/helm/node-doctor/templates'

function podOf(objects: readonly KubeObject[], name = 'node-doctor'): PodSpec {
  const pod = find(objects, 'DaemonSet', name).spec?.template?.spec
  if (pod === undefined) throw new Error('the DaemonSet has no pod')
  return pod
}

/** Names that the chart lets no plug-in's container have, beside those of the pod. */
function nameFaults(table: ServiceTable): string[] {
  return builtServices(table)
    .filter(
      ({ name }) =>
        !helmRefusal('--set', `pluginSidecars[0].name=${name},pluginSidecars[0].image=x`).includes(
          'is the name of another container',
        ),
    )
    .map(({ name }) => `${HELM}/_helpers.tpl: the list of the pod's containers lacks ${name}`)
}

const BASE = 'deploy/kustomize/base/daemonset.yaml'
const COMPACT = 'deploy/kustomize/overlays/compact/daemonset.yaml'
const CHARTED = { containers: `${HELM}/daemonset.yaml`, mounts: `${HELM}/_containers.tpl` }

const REMEDIATION = 'deploy/kustomize/components/remediation/daemonset.yaml'
const REMEDIATION_AGENT = 'deploy/kustomize/components/remediation/agent.yaml'

/** What the pods lack that are deployed beside the agent's, as this renders them. */
function besideFaults(
  table: ServiceTable,
  objects: readonly KubeObject[],
  written: Parameters<typeof ownPodFaults>[3],
): string[] {
  const pods = new Set(builtServices(table).flatMap(({ pod }) => pod ?? []))
  return [...pods].flatMap((pod) =>
    ownPodFaults(table, pod, { own: podOf(objects, `node-doctor-${pod}`), agent: podOf(objects) }, written),
  )
}

const PLACES: Readonly<Record<string, (table: ServiceTable) => string[]>> = {
  'kustomize, a container for each': (table) =>
    podFaults(table, podOf(withComponent(OPTIONAL)), { containers: BASE, mounts: BASE }),
  'kustomize, compact': (table) =>
    compactFaults(table, podOf(withComponent(OPTIONAL, {}, 'compact')), { containers: COMPACT, mounts: COMPACT }),
  'the chart, a container for each': (table) => podFaults(table, podOf(helm(...ASKED)), CHARTED),
  'the chart, compact': (table) =>
    compactFaults(table, podOf(helm('--values', `${CHART}/ci/compact.yaml`, ...ASKED)), CHARTED),
  'kustomize, pods of their own': (table) =>
    besideFaults(table, overlay('remediation'), {
      containers: REMEDIATION,
      mounts: REMEDIATION,
      agent: REMEDIATION_AGENT,
    }),
  'kustomize, pods of their own, compact': (table) =>
    besideFaults(table, withComponent('remediation', {}, 'compact'), {
      containers: REMEDIATION,
      mounts: REMEDIATION,
      agent: REMEDIATION_AGENT,
    }),
  'the chart, pods of their own': (table) =>
    besideFaults(table, helm('--set', 'remediation.enabled=true'), {
      containers: `${HELM}/remediation.yaml`,
      mounts: `${HELM}/_containers.tpl`,
      agent: `${HELM}/_containers.tpl`,
    }),
  'the chart’s names': nameFaults,
  compose: composeFaults,
  'the image': imageFaults,
  'the folders of the host': prepareFaults,
  'the pages': pageFaults,
}

describe('the table of services', () => {
  it.each(Object.entries(PLACES))('is what is deployed: %s', (_, faults) => {
    expect(faults(SERVICES)).toEqual([])
  })

  it.each(Object.entries(PLACES).filter(([place]) => !place.includes('pods of their own')))(
    'has a new exporter named that lacks: %s',
    (_, faults) => {
      const found = faults(WITH_NEW_EXPORTER)
      expect(found.length).toBeGreaterThan(0)
      expect(found.filter((text) => !text.includes(NEW_EXPORTER) || !/^[a-zA-Z./_-]+: /.test(text))).toEqual([])
    },
  )

  it('names each thing of a new exporter in a sentence', () => {
    expect(Object.values(PLACES).flatMap((faults) => faults(WITH_NEW_EXPORTER))).toMatchInlineSnapshot(`
      [
        "deploy/kustomize/base/daemonset.yaml: there is no container letter-exporter",
        "deploy/kustomize/base/daemonset.yaml: the container detector does not mount /run/node-doctor/letter-exporter writable",
        "deploy/kustomize/overlays/compact/daemonset.yaml: the container exporters, which runs letter-exporter, does not mount /run/node-doctor/letter-exporter to write in it",
        "deploy/kustomize/overlays/compact/daemonset.yaml: the container exporters, which runs letter-exporter, does not mount /var/lib/node-doctor/letter-exporter to write in it",
        "deploy/kustomize/overlays/compact/daemonset.yaml: the container exporters, which runs letter-exporter, is ready without /run/node-doctor/letter-exporter/ready",
        "deploy/helm/node-doctor/templates/daemonset.yaml: there is no container letter-exporter",
        "deploy/helm/node-doctor/templates/_containers.tpl: the container detector does not mount /run/node-doctor/letter-exporter writable",
        "deploy/helm/node-doctor/templates/_containers.tpl: the container exporters, which runs letter-exporter, does not mount /run/node-doctor/letter-exporter to write in it",
        "deploy/helm/node-doctor/templates/_containers.tpl: the container exporters, which runs letter-exporter, does not mount /var/lib/node-doctor/letter-exporter to write in it",
        "deploy/helm/node-doctor/templates/daemonset.yaml: the container exporters, which runs letter-exporter, is ready without /run/node-doctor/letter-exporter/ready",
        "deploy/helm/node-doctor/templates/_helpers.tpl: the list of the pod's containers lacks letter-exporter",
        "docker-compose.yaml: there is no service letter-exporter",
        "docker-compose.yaml: there is no volume run-letter-exporter in memory that is of user 65188",
        "docker-compose.yaml: the service pod does not hold run-letter-exporter",
        "docker-compose.yaml: the service detector does not mount run-letter-exporter:/run/node-doctor/letter-exporter",
        "deploy/images/Dockerfile: makes no user 65188 for letter-exporter",
        "deploy/images/Dockerfile: makes no folder /run/node-doctor/letter-exporter of user 65188",
        "deploy/images/Dockerfile: makes no folder /var/lib/node-doctor/letter-exporter of user 65188",
        "deploy/images/prepare.sh: does not make $state/letter-exporter for user 65188",
        "docs/security.md: the table of docker-compose.yaml has no row of letter-exporter, user 65188",
        "docs/security.md: the table of the pods has no row of letter-exporter, user 65188",
        "docs/deploying.md: the table of what lands on the host has no row of /var/lib/node-doctor/letter-exporter, user 65188",
      ]
    `)
  })

  it('asks of a new monitor the folder in which its checks keep how far they have read', () => {
    const name = 'letter-monitor'
    const row = {
      ...SERVICES.system,
      stateFolders: [`monitors/${name}`],
      standing: { built: true, uid: 65_187 },
    } as const
    const found = Object.values(PLACES).flatMap((faults) => faults({ ...SERVICES, [name]: row }))
    expect(found.filter((text) => /(state|lib\/node-doctor)\/monitors/.test(text))).toMatchInlineSnapshot(`
      [
        "deploy/kustomize/overlays/compact/daemonset.yaml: the container monitors, which runs letter-monitor, does not mount /var/lib/node-doctor/monitors/letter-monitor to write in it",
        "deploy/helm/node-doctor/templates/_containers.tpl: the container monitors, which runs letter-monitor, does not mount /var/lib/node-doctor/monitors/letter-monitor to write in it",
        "deploy/images/Dockerfile: makes no folder /var/lib/node-doctor/monitors/letter-monitor of user 65187",
        "deploy/images/prepare.sh: does not make $state/monitors/letter-monitor for user 65187",
        "docs/deploying.md: the table of what lands on the host has no row of /var/lib/node-doctor/monitors/letter-monitor, user 65187",
      ]
    `)
  })

  it('names the files that docs/extending.md lists, and no other', () => {
    const page = readFileSync(join(ROOT, 'docs/extending.md'), 'utf8')
    const [, list = ''] = /^5\. Its deploy files[\s\S]*?They are([\s\S]*?)\. /m.exec(page) ?? []
    const files = Object.values(PLACES).flatMap((faults) =>
      faults(WITH_NEW_EXPORTER).map((text) => text.split(': ')[0]),
    )
    expect(new Set([...list.matchAll(/`([^`]+)`/g)].map(([, file]) => file))).toEqual(new Set(files))
  })

  it('names what a new service of a pod beside the agent’s lacks', () => {
    const name = 'letter-writer'
    const row = { ...SERVICES.remediator, stateFolders: [name], runFolders: [] } as const
    const table: ServiceTable = { ...SERVICES, [name]: { ...row, standing: { built: true, uid: 65_186 } } }
    const found = Object.entries(PLACES).flatMap(([place, faults]) =>
      place.includes('pods of their own') ? faults(table) : [],
    )
    expect([...new Set(found)]).toMatchInlineSnapshot(`
      [
        "deploy/kustomize/components/remediation/daemonset.yaml: there is no container letter-writer",
        "deploy/kustomize/components/remediation/agent.yaml: the container detector does not mount /run/node-doctor/letter-writer writable",
        "deploy/helm/node-doctor/templates/remediation.yaml: there is no container letter-writer",
        "deploy/helm/node-doctor/templates/_containers.tpl: the container detector does not mount /run/node-doctor/letter-writer writable",
      ]
    `)
  })

  it('names what differs between a row and a container', () => {
    const { detector, system } = SERVICES
    const table: ServiceTable = {
      detector: { ...detector, runFolders: ['bus', 'boat'] },
      system: { ...system, kind: 'core', needs: ['api-server'], standing: { built: true, uid: 65_188 } },
    }
    expect(podFaults(table, podOf(overlay('default')), { containers: BASE, mounts: BASE })).toMatchInlineSnapshot(`
      [
        "deploy/kustomize/base/daemonset.yaml: the container detector does not mount /run/node-doctor/boat to write in it",
        "deploy/kustomize/base/daemonset.yaml: the container system does not run as user 65188",
        "deploy/kustomize/base/daemonset.yaml: the container system has no startup probe that runs "/opt/node-doctor/bin/alive.sh /run/node-doctor/system --start"",
        "deploy/kustomize/base/daemonset.yaml: the container system has no liveness probe that runs "/opt/node-doctor/bin/alive.sh /run/node-doctor/system"",
        "deploy/kustomize/base/daemonset.yaml: the container system has no readiness probe that runs "test -e /run/node-doctor/system/ready"",
        "deploy/kustomize/base/daemonset.yaml: the container system does not mount /run/node-doctor/system to write in it",
        "deploy/kustomize/base/daemonset.yaml: the container system mounts /host, and its row does not say that it needs "host"",
        "deploy/kustomize/base/daemonset.yaml: the container system does not mount /var/run/secrets/kubernetes.io/serviceaccount read-only, and needs "api-server"",
      ]
    `)
    expect(composeFaults(table)).toMatchInlineSnapshot(`
      [
        "docker-compose.yaml: the service pod does not hold run-boat",
        "docker-compose.yaml: the service detector does not mount run-boat:/run/node-doctor/boat",
        "docker-compose.yaml: the service system does not run as 65188:65100",
        "docker-compose.yaml: the service system has no healthcheck of /run/node-doctor/system",
        "docker-compose.yaml: the service system does not mount run-system:/run/node-doctor/system",
        "docker-compose.yaml: there is no volume run-system in memory that is of user 65188",
        "docker-compose.yaml: the service pod does not hold run-system",
        "docker-compose.yaml: the service detector does not mount run-system:/run/node-doctor/system",
      ]
    `)
    expect([...imageFaults(table), ...prepareFaults(table)]).toMatchInlineSnapshot(`
      [
        "deploy/images/Dockerfile: makes no folder /run/node-doctor/boat of user 65101",
        "deploy/images/Dockerfile: makes no user 65188 for system",
        "deploy/images/Dockerfile: makes no folder /run/node-doctor/system of user 65188",
        "deploy/images/Dockerfile: makes no folder /var/lib/node-doctor/monitors/system of user 65188",
        "deploy/images/prepare.sh: does not make $run/boat for user 65101",
        "deploy/images/prepare.sh: does not make $state/monitors/system for user 65188",
      ]
    `)
  })
})
