/** What docs/deploying.md shows is what works. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import {
  byId,
  CHART,
  find,
  helm,
  type KubeObject,
  kustomize,
  overlay,
  overlayNames,
  podSpecs,
  ROOT,
  run,
} from './objects.ts'
import { loadSchemas, validate } from './schema.ts'

const TEXT = readFileSync(join(ROOT, 'docs/deploying.md'), 'utf8')
const RBAC = readFileSync(join(ROOT, 'docs/rbac.md'), 'utf8')

function blocks(mark: string): string[] {
  return [...TEXT.matchAll(new RegExp(`^\`\`\`yaml${mark === '' ? '' : ` ${mark}`}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  )
}

/** A folder beside a checkout, as the page's examples are. */
function besideCheckout(kustomization: string): string {
  const parent = mkdtempSync(join(tmpdir(), 'deploying-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  mkdirSync(join(parent, 'node-doctor'))
  cpSync(join(ROOT, 'deploy'), join(parent, 'node-doctor/deploy'), { recursive: true })
  const folder = join(parent, 'ours')
  mkdirSync(folder)
  writeFileSync(join(folder, 'kustomization.yaml'), kustomization)
  return folder
}

function images(objects: readonly KubeObject[]): Record<string, string> {
  const { spec } = find(objects, 'DaemonSet', 'node-doctor')
  return Object.fromEntries((spec?.template?.spec.containers ?? []).map(({ name, image }) => [name, image]))
}

describe('docs/deploying.md', () => {
  it('shows an overlay that works: another image, another configuration, one container of another release', () => {
    const [example = ''] = blocks('kustomization')
    const folder = besideCheckout(example)
    writeFileSync(
      join(folder, 'config.yaml'),
      'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: ours }\n',
    )
    const objects = kustomize(folder)
    expect(images(objects)).toMatchObject({
      detector: 'registry.example/node-doctor:0.1.1',
      system: 'registry.example/node-doctor:0.1.0',
      'http-exporter': 'registry.example/node-doctor:0.1.0',
      'k8s-exporter': 'registry.example/node-doctor:0.1.0',
    })
    const config = objects.find(({ kind }) => kind === 'ConfigMap')
    expect(config?.data?.['config.yaml']).toContain('name: ours')
    const volumes = find(objects, 'DaemonSet', 'node-doctor').spec?.template?.spec.volumes
    expect(volumes?.find(({ name }) => name === 'config')?.configMap?.name).toBe(config?.metadata.name)
  })

  it('shows how every container has files of node-problem-detector, and one their plug-ins', () => {
    const [example = ''] = blocks('kustomization npd')
    const folder = besideCheckout(example)
    for (const name of ['config.yaml', 'check-queue.json', 'check-queue.sh']) writeFileSync(join(folder, name), '')
    const objects = kustomize(folder)
    const pod = find(objects, 'DaemonSet', 'node-doctor').spec?.template?.spec
    const filesAt = (container: string, path: string) => {
      const mounts = pod?.containers.find(({ name }) => name === container)?.volumeMounts
      const volume = mounts?.find(({ mountPath }) => mountPath === path)?.name
      const map = pod?.volumes?.find(({ name }) => name === volume)?.configMap?.name ?? ''
      return map === '' ? [] : Object.keys(find(objects, 'ConfigMap', map).data ?? {})
    }
    for (const { name } of pod?.containers ?? []) {
      expect([name, filesAt(name, '/etc/node-doctor')]).toEqual([name, ['check-queue.json', 'config.yaml']])
      const plugins = name === 'custom-plugin' ? ['check-queue.sh'] : []
      expect([name, filesAt(name, '/etc/node-doctor-scripts')]).toEqual([name, plugins])
    }
  })

  it('shows how an image is named by its digest, in every container', () => {
    const [example = ''] = blocks('kustomization digest')
    const objects = kustomize(besideCheckout(example))
    const all = podSpecs(objects).flatMap(({ pod }) => [...pod.containers, ...(pod.initContainers ?? [])])
    const named = new Set(all.map(({ image }) => image.replace(/[0-9a-f]{64}$/, 'HASH')))
    expect([...named]).toEqual(['registry.example/node-doctor@sha256:HASH'])
  })

  it('shows how the chart renders through kustomize', () => {
    const [example = ''] = blocks('helmCharts')
    const folder = besideCheckout(example)
    cpSync(CHART, join(folder, 'charts/node-doctor'), { recursive: true })
    const objects = kustomize(folder, '--enable-helm', '--helm-command', 'helm3')
    expect(Object.keys(images(objects))).toEqual(['detector', 'monitors', 'exporters'])
    expect(objects.some(({ kind }) => kind === 'Job')).toBe(false)
  })

  it.each(blocks('values').map((block, index) => [index + 1, block] as const))(
    'shows values that the chart takes (%i)',
    (_, block) => {
      const folder = mkdtempSync(join(tmpdir(), 'values-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      const path = join(folder, 'values.yaml')
      writeFileSync(path, block)
      const sets = [loadSchemas('kubernetes-1.20'), loadSchemas('prometheus-operator')]
      expect(helm('--values', path).flatMap((object) => validate(sets, object))).toEqual([])
    },
  )

  it('shows a NetworkPolicy that selects the pods it speaks of', () => {
    const policy = blocks('')
      .map((block) => parse(block) as KubeObject & { spec: { podSelector: { matchLabels: object } } })
      .find(({ kind }) => kind === 'NetworkPolicy')
    if (policy === undefined) throw new Error('there is no NetworkPolicy in docs/deploying.md')
    expect(validate([loadSchemas('kubernetes-1.20')], policy)).toEqual([])
    const pods = overlay('plugin-separate').flatMap(({ spec }) =>
      spec?.template === undefined ? [] : [spec.template.metadata.labels],
    )
    expect(
      pods.filter((labels) =>
        Object.entries(policy.spec.podSelector.matchLabels).every(([key, value]) => labels?.[key] === value),
      ),
    ).toHaveLength(1)
  })

  it('shows a scrape configuration that Prometheus takes', () => {
    const jobs = blocks('').flatMap((block) => {
      const value = parse(block) as unknown
      return Array.isArray(value) ? (value as unknown[]) : []
    })
    const folder = mkdtempSync(join(tmpdir(), 'scrape-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    // Debian builds Prometheus without the discovery of Kubernetes: the rest of the job is checked.
    const checked = jobs.map((job) => ({ ...(job as object), kubernetes_sd_configs: undefined }))
    writeFileSync(join(folder, 'prometheus.yml'), stringify({ scrape_configs: checked }))
    expect(jobs).toHaveLength(1)
    expect(run('promtool', ['check', 'config', join(folder, 'prometheus.yml')])).toContain(
      'is valid prometheus config file syntax',
    )
  })

  it('names every overlay', () => {
    expect(overlayNames().filter((name) => !TEXT.includes(`| \`${name}\` |`))).toEqual([])
  })

  it('names every folder of the host that a container may write', () => {
    const written = podSpecs(overlay('remediation')).flatMap(({ pod }) =>
      pod.containers.flatMap(({ volumeMounts = [] }) =>
        volumeMounts
          .filter(({ readOnly }) => readOnly !== true)
          .flatMap(({ name }) => pod.volumes?.find((volume) => volume.name === name)?.hostPath?.path ?? []),
      ),
    )
    // What is cleaned up is the host's.
    const ours = written.filter((path) => path.includes('node-doctor'))
    expect(ours.length).toBeGreaterThan(10)
    expect(ours.filter((path) => !TEXT.includes(`| \`${path}\` |`))).toEqual([])
  })
})

describe('docs/rbac.md', () => {
  it('explains each verb on each resource, and no other', () => {
    const all = { ...byId(overlay('remediation')), ...byId(kustomize(join(ROOT, 'deploy/kustomize/cleanup'))) }
    const granted = Object.values(all).flatMap(({ rules = [], metadata }) =>
      rules.flatMap(({ resources, verbs }) =>
        resources.flatMap((resource) =>
          verbs.map(
            (verb) => `${/cleanup|kubernetes|remediation/.exec(metadata.name)?.[0] ?? 'agent'}: ${verb} ${resource}`,
          ),
        ),
      ),
    )
    const [, agent = '', kubernetes = '', remediation = '', cleanup = ''] = RBAC.split(/^## `/m)
    const rows = (section: string, who: string) =>
      [...section.matchAll(/^\| `([a-z/]+)` \| ([a-z, ]+) \|/gm)].flatMap(([, resource, verbs = '']) =>
        verbs.split(', ').map((verb) => `${who}: ${verb} ${resource}`),
      )
    const explained = [
      ...rows(agent, 'agent'),
      ...rows(kubernetes, 'kubernetes'),
      ...rows(remediation, 'remediation'),
      ...rows(cleanup, 'cleanup'),
    ]
    expect(explained.toSorted()).toEqual(granted.toSorted())
  })
})
