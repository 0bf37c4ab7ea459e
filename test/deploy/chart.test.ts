import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseConfig } from '#config'
import {
  byId,
  CHART,
  type Container,
  find,
  helm,
  helm3,
  helmRefusal,
  helmRun,
  type KubeObject,
  kustomize,
  overlay,
  type PodSpec,
  ROOT,
} from './objects.ts'

function agent(objects: readonly KubeObject[]): KubeObject {
  return find(objects, 'DaemonSet', 'node-doctor')
}

function by<T>(items: readonly T[] = [], key: (item: T) => string): Record<string, T> {
  return Object.fromEntries(items.map((item) => [key(item), item]))
}

function comparable({ volumeMounts, env, ...rest }: Container): unknown {
  return { ...rest, env: by(env, ({ name }) => name), mounts: by(volumeMounts, ({ mountPath }) => mountPath) }
}

/** A pod without what has to differ: where a list has no order, and what the configuration is called. */
function sameForBoth({ containers, initContainers, volumes, ...rest }: PodSpec): unknown {
  const named = (volumes ?? []).map((volume) =>
    volume.configMap === undefined ? volume : { ...volume, configMap: { ...volume.configMap, name: 'config' } },
  )
  return {
    ...rest,
    containers: by(containers.map(comparable) as { name: string }[], ({ name }) => name),
    initContainers: by((initContainers ?? []).map(comparable) as { name: string }[], ({ name }) => name),
    volumes: by(named, ({ name }) => name),
  }
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chart-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Values as a file: --set cannot write everything. */
function values(content: unknown): string {
  const path = join(scratch(), 'values.yaml')
  writeFileSync(path, stringify(content))
  return path
}

const PLUGIN = { name: 'acme', image: 'example.com/your/acme-monitor:fill-in' }

describe('the chart', () => {
  it.each([
    ['default', {}],
    ['compact', { layout: 'compact' }],
    ['minimal', { httpExporter: { enabled: false } }],
    ['plugin-sidecar', { pluginSidecars: [PLUGIN] }],
    ['gpu-sidecar', { gpu: { enabled: true, mode: 'sidecar' } }],
    ['gpu-separate', { gpu: { enabled: true } }],
    ['plugin-separate', { pluginDaemonSets: [{ ...PLUGIN, nodeSelector: { 'node-doctor.io/acme': 'true' } }] }],
  ])('describes the same pods as the overlay %s', (name, content) => {
    const ofChart = helm('--values', values(content)).filter(({ kind }) => kind === 'DaemonSet')
    const ofOverlay = overlay(name).filter(({ kind }) => kind === 'DaemonSet')
    const pods = (objects: KubeObject[]) =>
      Object.fromEntries(
        objects.map(({ metadata, spec }) => [metadata.name, sameForBoth(spec?.template?.spec as PodSpec)]),
      )
    expect(pods(ofChart)).toEqual(pods(ofOverlay))
    const strategies = (objects: KubeObject[]) =>
      objects.map(({ spec }) => (spec as { updateStrategy?: unknown }).updateStrategy)
    expect(strategies(ofChart)).toEqual(strategies(ofOverlay))
  })

  it('gives the same rights as kustomize, before and at the end', () => {
    const all = { ...byId(overlay('default')), ...byId(kustomize(join(ROOT, 'deploy/kustomize/cleanup'))) }
    const rights = (objects: Record<string, KubeObject>) =>
      Object.fromEntries(
        Object.entries(objects).flatMap(([id, { rules }]) => (rules === undefined ? [] : [[id, rules]])),
      )
    expect(rights(byId(helm()))).toEqual(rights(all))
  })

  it('ships a configuration that the services take, the same as kustomize', () => {
    const ofChart = find(helm(), 'ConfigMap', 'node-doctor-config').data?.['config.yaml'] ?? ''
    expect(
      parseConfig(ofChart, 'config.yaml', { env: { NODE_NAME: 'worker-7' }, flags: [] }).exporters.kubernetes.enabled,
    ).toBe(true)
    expect(parse(ofChart)).toEqual(parse(readFileSync(join(ROOT, 'deploy/kustomize/base/config.yaml'), 'utf8')))
  })

  it('carries the rules and the board of deploy/', () => {
    const pairs = [
      ['deploy/prometheus/node-doctor.rules.yaml', 'node-doctor.rules.yaml'],
      ['deploy/grafana/node-doctor.json', 'node-doctor.json'],
    ] as const
    for (const [source, file] of pairs) {
      if (process.env['UPDATE_GOLDEN'] === '1') cpSync(join(ROOT, source), join(CHART, 'files', file))
      expect(readFileSync(join(CHART, 'files', file), 'utf8')).toBe(readFileSync(join(ROOT, source), 'utf8'))
    }
  })

  it('rolls out when the configuration changes, and only then', () => {
    const annotations = (...options: string[]) => agent(helm(...options)).spec?.template?.metadata.annotations
    expect(annotations('--set', 'cleanup.enabled=false')).toEqual(annotations())
    expect(annotations('--set', 'config.settings.logLevel=debug')).not.toEqual(annotations())
    expect(annotations('--set', 'extraConfigFiles.a=b')).not.toEqual(annotations())
  })

  it('takes another image for one container alone', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const objects = helm(
      '--set-string',
      'image.repository=r/nd,image.tag=2',
      '--set-string',
      `detector.image.tag=1,system.image.digest=${digest},k8sExporter.image.repository=other/nd`,
    )
    const pod = agent(objects).spec?.template?.spec
    expect(Object.fromEntries((pod?.containers ?? []).map(({ name, image }) => [name, image]))).toMatchObject({
      detector: 'r/nd:1',
      system: `r/nd@${digest}`,
      'http-exporter': 'r/nd:2',
      'k8s-exporter': 'other/nd:2',
    })
    expect(pod?.initContainers?.[0]?.image).toBe('r/nd:2')
  })

  it('has names of its own in every release and namespace', () => {
    const other = helmRun('template', 'second', CHART, '--namespace', 'elsewhere')
    expect(other).toContain('name: second-node-doctor\n')
    expect(other).toContain('$(NAMESPACE)/second-node-doctor')
    expect(other).not.toMatch(/namespace: "?node-doctor/)
  })

  it('listens at the address of the pod where it does not share the network of the node', () => {
    const pod = agent(helm('--set', 'hostNetwork=false')).spec?.template?.spec
    expect(pod?.hostNetwork).toBe(false)
    const exporter = pod?.containers.find(({ name }) => name === 'http-exporter')
    expect(exporter?.env).toContainEqual({ name: 'HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } })
  })

  it('lets nothing but the API server be reached, where it neither shares the network of the node nor lacks a policy', () => {
    const api = [{ ipBlock: { cidr: '10.0.0.1/32' } }]
    const content = { hostNetwork: false, networkPolicy: { enabled: true, apiServer: api } }
    const objects = helm('--values', values(content))
    expect(agent(objects).spec?.template?.spec.hostNetwork).toBe(false)
    const policy = find(objects, 'NetworkPolicy', 'node-doctor').spec as Record<string, unknown>
    expect(policy['policyTypes']).toEqual(['Ingress', 'Egress'])
    const ports = [443, 6443].map((port) => ({ protocol: 'TCP', port }))
    expect(policy['egress']).toEqual([{ ports, to: api }])
  })

  it('is refused by a cluster that is too old for it', () => {
    expect(helmRefusal('--kube-version', '1.19.16')).toContain('which is incompatible with Kubernetes v1.19.16')
    expect(helmRefusal('--kube-version', '1.20.0')).toBe('')
  })

  it.each([
    [
      '',
      [
        'rollout status daemonset/node-doctor',
        '9101 of each node',
        'first takes conditions, annotations, and what repairs have left off every node',
      ],
    ],
    ['hostNetwork=false', ['9101 of each pod']],
    ['cleanup.enabled=false', ['leaves conditions and annotations on the nodes']],
    ['rbac.create=false', ['the account node-doctor needs what docs/rbac.md lists']],
    ['config.exporters.kubernetes.enabled=false', ['nothing is written to the cluster']],
  ])('says after an installation what to look at, and what these values leave out: %s', (setting, texts) => {
    const said = helmRun('install', 'node-doctor', CHART, '-n', 'node-doctor', '--dry-run=client', '--set', setting)
    for (const text of texts) expect(said.split('NOTES:')[1]).toContain(text)
  })

  it('cleans up before an uninstallation: the account, then its rights, then the Job', () => {
    const hooks = helm().filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined)
    const sorted = hooks
      .toSorted(
        (a, b) =>
          Number(a.metadata.annotations?.['helm.sh/hook-weight']) -
          Number(b.metadata.annotations?.['helm.sh/hook-weight']),
      )
      .map(({ kind }) => kind)
    expect(sorted[0]).toBe('ServiceAccount')
    expect(sorted.at(-1)).toBe('Job')
    for (const { metadata } of hooks) {
      expect(metadata.annotations?.['helm.sh/hook']).toBe('pre-delete')
      expect(metadata.annotations?.['helm.sh/hook-delete-policy']).toBe('before-hook-creation,hook-succeeded')
    }
    expect(helm('--set', 'cleanup.enabled=false').some(({ kind }) => kind === 'Job')).toBe(false)
  })

  it.each(['everything', 'compact', 'minimal'])('renders %s with Helm 3 as with Helm 4', (name) => {
    const options = ['node-doctor', CHART, '--namespace', 'node-doctor', '--values', join(CHART, 'ci', `${name}.yaml`)]
    expect(helm3(...options)).toEqual(helm('--values', join(CHART, 'ci', `${name}.yaml`)))
  })

  it('renders through helmCharts of kustomize, where hooks are left out', () => {
    const folder = scratch()
    cpSync(CHART, join(folder, 'charts/node-doctor'), { recursive: true })
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      stringify({
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        helmGlobals: { chartHome: 'charts' },
        helmCharts: [
          {
            name: 'node-doctor',
            releaseName: 'node-doctor',
            namespace: 'node-doctor',
            skipHooks: true,
            valuesInline: { layout: 'compact' },
          },
        ],
      }),
    )
    const objects = kustomize(folder, '--enable-helm', '--helm-command', 'helm3')
    const compact = helm('--set', 'layout=compact').filter(
      ({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined,
    )
    expect(byId(objects)).toEqual(byId(compact))
  })
})

describe('values that the chart does not know', () => {
  it.each([
    ['detecter.image.tag=1', "additional properties 'detecter' not allowed"],
    ['detector.image.tga=1', "at '/detector/image': additional properties 'tga' not allowed"],
    ['layout=compct', "at '/layout': value must be one of 'separate', 'compact'"],
    ['image.digest=latest', "at '/image/digest': 'latest' does not match pattern '^(sha256:[0-9a-f]{64})?$'"],
    ['config.exporter.kubernetes.enabled=true', "at '/config': additional properties 'exporter' not allowed"],
    [
      'config.exporters.kubernetes.enabledd=true',
      "at '/config/exporters/kubernetes': additional properties 'enabledd' not allowed",
    ],
    [
      'config.exporters.prometheus.port=99999',
      "at '/config/exporters/prometheus/port': maximum: got 99,999, want 65,535",
    ],
    ['config.detector.lostAfter=5x', "at '/config/detector/lostAfter': '5x' does not match pattern"],
    ['config.monitors[0].interval=3', "at '/config/monitors/0/interval': got number, want string"],
    ['terminationGracePeriodSeconds=5', "at '/terminationGracePeriodSeconds': minimum: got 5, want 20"],
    ['detector.resources.limits.memory=abc', "at '/detector/resources/limits/memory': 'abc' does not match pattern"],
    ['detector.resources.requests.cpu=5 m', "at '/detector/resources/requests/cpu': '5 m' does not match pattern"],
    ['hostNetwork=please', "at '/hostNetwork': got string, want boolean"],
    [
      'updateStrategy.rollingUpdate.maxSurge=1',
      "at '/updateStrategy/rollingUpdate/maxSurge': value must be one of 0, '0', '0%'",
    ],
    ['tolerations[0].effct=NoSchedule', "at '/tolerations/0': additional properties 'effct' not allowed"],
    ['pluginSidecars[0].name=gpu', "at '/pluginSidecars/0': missing property 'image'"],
    ['pluginScripts.a/b=x', "invalid propertyName 'a/b'"],
  ])('%s: are refused with the place and the reason', (setting, reason) => {
    expect(helmRefusal('--set', setting)).toContain(reason)
  })

  it('are refused where they contradict each other', () => {
    expect(helmRefusal('--set', 'httpExporter.enabled=false,prometheus.podMonitor.enabled=true')).toContain(
      'prometheus.podMonitor and prometheus.serviceMonitor read the metrics of the http-exporter: set httpExporter.enabled to true',
    )
    expect(helmRefusal('--set', 'layout=compact,httpExporter.enabled=false')).toContain(
      'httpExporter.enabled=false has no effect with layout=compact',
    )
    expect(helmRefusal('--set', 'pluginSidecars[0].name=detector,pluginSidecars[0].image=x:1')).toContain(
      'pluginSidecars: "detector" is the name of another container of the pod; expected another name',
    )
    expect(helmRefusal('--set', 'extraConfigFiles.config\\.yaml=x')).toContain(
      'config.yaml is the configuration itself',
    )
  })

  it('are none of those that values.yaml has', () => {
    const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as { properties: object }
    const shipped = Object.keys(parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as object)
    expect(shipped.toSorted()).toEqual(
      Object.keys(schema.properties)
        .filter((key) => key !== 'global')
        .toSorted(),
    )
  })
})
