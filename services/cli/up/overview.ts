/** What stands on the screen once everything runs. */
import type { Clock } from '#clock'
import type { NodeDoctorConfig } from '#config'
import { detectorSocket } from '../node.ts'
import { renderTable } from '../table.ts'
import { askKubernetes } from './kubernetes.ts'
import { type Port, portsOf, unservedPorts } from './ports.ts'
import type { Supervised } from './supervise.ts'

export interface Screen {
  readonly tookMs: number
  /** A line for each. */
  readonly notes: readonly string[]
  readonly clock: Clock
}

interface Asked extends Screen {
  readonly kubernetes: string
  /** Why a port is not served, by its key, of those that are not. */
  readonly unserved: ReadonlyMap<string, string>
}

type Running = readonly Pick<Supervised, 'service' | 'pid' | 'state'>[]

function socketAmong(running: Running, name: string): string | undefined {
  return running.find(({ service }) => service.name === name)?.service.socket
}

function row(title: string, text: string): string {
  return `  ${title.padEnd(14)}  ${text}`
}

function runDirHint({ settings, settingsInForce }: NodeDoctorConfig): string {
  const isSet = settingsInForce.set.some(({ key }) => key === 'settings.runDir')
  return isSet ? ` --run-dir ${settings.runDir}` : ''
}

/** Where people and Prometheus look; what is not served is said in its place. */
function portRows(config: NodeDoctorConfig, unserved: Asked['unserved']): string[] {
  const { page, prometheus } = portsOf(config)
  const wordsOf = (port: Port) => unserved.get(port.key) ?? port.url
  const curl = page === undefined || unserved.has(page.key) ? '' : `curl ${page.url}    or    `
  return [
    ...(page === undefined ? [] : [row('The page', wordsOf(page))]),
    row('In a terminal', `${curl}npx node-doctor status${runDirHint(config)}`),
    ...(prometheus === undefined ? [] : [row('Prometheus', wordsOf(prometheus))]),
  ]
}

/** Whether problems are repaired; nothing where nobody asked for it. */
function repairRows(config: NodeDoctorConfig, running: Running): string[] {
  if (socketAmong(running, 'remediator') === undefined) return []
  const what = config.remediation.dryRun
    ? 'are told and not done, since this is a dry run'
    : 'are done as they are named'
  return [row('Repairs', `${what}; what, and what holds it back: npx node-doctor plan${runDirHint(config)}`)]
}

function rendered(config: NodeDoctorConfig, running: Running, asked: Asked): string {
  const { runDir, nodeName } = config.settings
  const rows = running.map(({ service, pid, state }) => [
    `  ${service.name}`,
    String(pid ?? '-'),
    state,
    service.socket,
  ])
  const isReady = running.every(({ state }) => state === 'ready')
  return [
    '',
    isReady
      ? `Node Doctor watches ${nodeName}. All ready in ${(asked.tookMs / 1000).toFixed(1)} s.`
      : `Node Doctor watches ${nodeName}. Not all is ready yet; changes follow below.`,
    '',
    renderTable(['  PROCESS', 'PID', 'STATE', 'SOCKET'], rows),
    '',
    ...(socketAmong(running, 'http-exporter') === undefined ? [] : portRows(config, asked.unserved)),
    row('Kubernetes', asked.kubernetes),
    ...repairRows(config, running),
    row('Ask a socket', `grpcurl -plaintext unix://${detectorSocket(runDir)} nodedoctor.v1.Detector/GetNode`),
    row(
      'Plug in',
      `a socket of npd.external.v1 or nodedoctor.v1 in ${config.detector.monitorDirs[0] ?? `${runDir}/monitors`}`,
    ),
    ...asked.notes.map((note) => row('Note', note)),
    '',
    '  Ctrl-C stops everything.',
    '',
  ].join('\n')
}

/** The screen, once those that know were asked: what is configured is no proof that it is so. Never rejects. */
export async function overview(config: NodeDoctorConfig, running: Running, screen: Screen): Promise<string> {
  const page = socketAmong(running, 'http-exporter')
  const own = running.flatMap(({ pid }) => pid ?? [])
  const [kubernetes, unserved] = await Promise.all([
    askKubernetes({
      nodeName: config.settings.nodeName,
      isEnabled: config.exporters.kubernetes.enabled,
      socket: socketAmong(running, 'k8s-exporter'),
    }),
    page === undefined
      ? new Map<string, string>()
      : unservedPorts(portsOf(config), { socket: page, clock: screen.clock, own }),
  ])
  return rendered(config, running, { ...screen, kubernetes, unserved })
}
