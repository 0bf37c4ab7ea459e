/** Which processes make the set of this configuration. */
import { join } from 'node:path'
import type { NodeDoctorConfig } from '#config'

export interface PlannedService {
  readonly name: string
  readonly socket: string
  /** Stopped in this order, lowest first: the detector ends the bus, so it goes last. */
  readonly stopOrder: number
}

export function planServices(config: NodeDoctorConfig, only: readonly string[] | undefined): PlannedService[] {
  const { runDir } = config.settings
  const monitors = [
    ...new Set(
      config.monitors.filter(({ enabled, monitor }) => enabled && monitor !== '').map(({ monitor }) => monitor),
    ),
  ].sort()
  const planned: PlannedService[] = [
    { name: 'detector', socket: join(runDir, 'detector', 'detector.sock'), stopOrder: 2 },
    ...monitors.map((name) => ({ name, socket: join(runDir, 'monitors', name, `${name}.sock`), stopOrder: 1 })),
  ]
  const { http, prometheus } = config.exporters
  if (http.enabled || prometheus.enabled) {
    planned.push({ name: 'http-exporter', socket: join(runDir, 'http-exporter', 'http-exporter.sock'), stopOrder: 1 })
  }
  if (config.exporters.kubernetes.enabled) {
    planned.push({ name: 'k8s-exporter', socket: join(runDir, 'k8s-exporter', 'k8s-exporter.sock'), stopOrder: 1 })
  }
  return only === undefined ? planned : planned.filter(({ name }) => only.includes(name))
}
