import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { stringify, parse as yaml } from 'yaml'
import { ConfigErrors } from './errors.ts'
import { parse } from './testing.ts'
import type { NodeDoctorConfig } from './types.ts'

const TEXT = readFileSync(new URL('./fixtures/seed.yaml', import.meta.url), 'utf8')

type Step = string | number

/** Another value for each key of the example, in its order. */
const CHANGES: readonly (readonly [key: string, value: unknown])[] = [
  ['apiVersion', ''],
  ['kind', 'OtherConfig'],
  ['metadata.name', 'other'],
  ['settings.nodeName', 'worker-7'],
  ['settings.updateInterval', '11s'],
  ['settings.enableRemediation', false],
  ['settings.dryRunMode', true],
  ['monitors.0.name', 'kubelet'],
  ['monitors.0.type', 'system-memory'],
  ['monitors.0.enabled', false],
  ['monitors.0.interval', '31s'],
  ['monitors.0.timeout', '11s'],
  ['monitors.0.config.url', 'http://127.0.0.1:10249/healthz'],
  ['monitors.0.config.expectedStatusCode', 204],
  ['monitors.0.remediation.enabled', false],
  ['monitors.0.remediation.strategy', 'restart-runtime'],
  ['monitors.0.remediation.service', 'containerd'],
  ['monitors.0.remediation.cooldown', '6m'],
  ['monitors.0.remediation.maxAttempts', 4],
  ['monitors.1.name', 'disks'],
  ['monitors.1.type', 'http-health-check'],
  ['monitors.1.enabled', false],
  ['monitors.1.interval', '6m'],
  ['monitors.1.config.paths.0.path', '/srv'],
  ['monitors.1.config.paths.0.warningThreshold', 86],
  ['monitors.1.config.paths.0.criticalThreshold', 96],
  ['monitors.1.config.paths.1.path', '/var/lib/containerd'],
  ['monitors.1.config.paths.1.warningThreshold', 81],
  ['monitors.1.config.paths.1.criticalThreshold', 91],
  ['monitors.1.remediation.enabled', false],
  ['monitors.1.remediation.strategy', 'restart-runtime'],
  ['monitors.1.remediation.cooldown', '11m'],
  ['exporters.kubernetes.enabled', false],
  ['exporters.kubernetes.updateInterval', '11s'],
  ['exporters.kubernetes.resyncInterval', '61s'],
  ['exporters.kubernetes.heartbeatInterval', '6m'],
  ['exporters.http.enabled', false],
  ['exporters.http.hostPort', 8081],
  ['exporters.http.bindAddress', '127.0.0.2'],
  ['exporters.http.tlsEnabled', true],
  ['exporters.http.endpoints.0.path', '/livez'],
  ['exporters.http.endpoints.0.handler', 'detailed-status'],
  ['exporters.http.endpoints.1.path', '/readyz'],
  ['exporters.http.endpoints.1.handler', 'overall-health'],
  ['exporters.http.endpoints.2.path', '/prometheus'],
  ['exporters.http.endpoints.2.handler', 'overall-health'],
  ['exporters.http.endpoints.3.path', '/state'],
  ['exporters.http.endpoints.3.handler', 'overall-health'],
  ['exporters.http.endpoints.4.path', '/history'],
  ['exporters.http.endpoints.4.handler', 'overall-health'],
  ['exporters.prometheus.enabled', false],
  ['exporters.prometheus.port', 9101],
  ['exporters.prometheus.namespace', 'doctor'],
  ['remediation.enabled', false],
  ['remediation.dryRun', true],
  ['remediation.maxRetriesPerHour', 11],
  ['remediation.cooldownPeriod', '6m'],
  ['remediation.circuitBreakerThreshold', 6],
  ['remediation.circuitBreakerTimeout', '31m'],
]

function leavesOf(value: unknown, path: readonly Step[] = []): string[] {
  if (typeof value !== 'object' || value === null) return [path.join('.')]
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]))
}

function changed(key: string, value: unknown): string {
  const document: unknown = yaml(TEXT)
  const steps = key.split('.')
  let inside = document as Record<string, unknown>
  for (const step of steps.slice(0, -1)) inside = inside[step] as Record<string, unknown>
  inside[steps.at(-1) ?? ''] = value
  return stringify(document)
}

/** What takes effect: without what only tells where values come from. */
function effectOf(text: string): unknown {
  try {
    const { settingsInForce: _, notes: __, ...config } = parse(text)
    return JSON.parse(JSON.stringify(config, (key, value) => (key === 'origin' ? undefined : value)))
  } catch (err) {
    if (err instanceof ConfigErrors) return err.problems.map(({ path, text: what }) => ({ path, what }))
    throw err
  }
}

describe('the example of the architecture', () => {
  it('loads unchanged', () => {
    const config = parse(TEXT, { env: { NODE_NAME: 'worker-1' } })
    expect(config).toMatchObject({
      name: 'default-config',
      settings: { nodeName: 'worker-1', updateIntervalMs: 10_000, enableRemediation: true, dryRunMode: false },
      exporters: {
        kubernetes: { enabled: true, updateIntervalMs: 10_000, resyncIntervalMs: 60_000, heartbeatIntervalMs: 300_000 },
        http: { enabled: true, hostPort: 8080, bindAddress: '0.0.0.0', tlsEnabled: false },
        prometheus: { enabled: true, port: 9100, namespace: 'node_doctor' },
      },
      remediation: {
        enabled: true,
        dryRun: false,
        maxRetriesPerHour: 10,
        cooldownPeriodMs: 300_000,
        circuitBreakerThreshold: 5,
        circuitBreakerTimeoutMs: 1_800_000,
      },
    } satisfies DeepPartial<NodeDoctorConfig>)
    expect(config.notes).toEqual([])
  })

  it('means its checks as they are written', () => {
    const [kubelet, disk] = parse(TEXT).monitors
    expect(kubelet).toMatchObject({
      name: 'kubelet-health',
      type: 'network-connectivity-check',
      monitor: 'network',
      enabled: true,
      intervalMs: 30_000,
      timeoutMs: 10_000,
      config: { url: 'http://127.0.0.1:10248/healthz', expectedStatusCode: 200 },
      remediation: {
        enabled: true,
        strategy: 'systemd-restart',
        service: 'kubelet',
        cooldownMs: 300_000,
        maxAttempts: 3,
      },
    })
    expect(disk).toMatchObject({
      name: 'disk-space',
      type: 'disk-health-check',
      monitor: 'system',
      intervalMs: 300_000,
      config: {
        paths: [
          { path: '/', warningThreshold: 85, criticalThreshold: 95 },
          { path: '/var/lib/docker', warningThreshold: 80, criticalThreshold: 90 },
        ],
      },
      remediation: { enabled: true, strategy: 'disk-cleanup', cooldownMs: 600_000 },
    })
  })

  it('asks for nothing that is not built', () => {
    expect(parse(TEXT).missing).toEqual([])
  })

  it('has a change below for each of its keys', () => {
    expect(CHANGES.map(([key]) => key)).toEqual(leavesOf(yaml(TEXT)))
  })

  it.each(CHANGES)('%s takes effect', (key, value) => {
    const before = effectOf(TEXT)
    const after = effectOf(changed(key, value))
    expect(after).not.toEqual(before)
  })
})

type DeepPartial<T> = { readonly [K in keyof T]?: DeepPartial<T[K]> }
