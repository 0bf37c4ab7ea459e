/** The agent of a node, asked and looked at from inside its containers. */
import { HANDLERS } from '#config'
import type { LaneView, NodeView } from '#view'
import { tryRun } from '../compose/exec.ts'
import { kubectl, NAMESPACE, podOf, tryKubectl } from './cluster.ts'

const CLI = ['/opt/node-doctor/bin/entrypoint.sh', 'cli']

function inside(node: string, container: string): string[] {
  return ['exec', '-n', NAMESPACE, podOf(node)?.metadata.name ?? '', '-c', container, '--']
}

/** What `node-doctor status` says on a node. Its exit code tells of problems, so only what it prints counts. */
export function statusOf(node: string): NodeView {
  const { stdout, stderr } = tryKubectl(...inside(node, 'detector'), ...CLI, 'status', '--all', '-o', 'json')
  if (!stdout.startsWith('{')) throw new Error(`status of ${node}: ${stdout}${stderr}`)
  return JSON.parse(stdout) as NodeView
}

/** @throws with what it printed, when it refuses */
export function forget(node: string, monitor: string): string {
  return kubectl(...inside(node, 'detector'), ...CLI, 'forget', monitor)
}

/** A person's word that a problem is over, of one entity or of all. @throws with what it printed, when it refuses */
export function clear(node: string, type: string, why: string, entity?: string): string {
  const ofOne = entity === undefined ? [] : ['--entity', entity]
  return kubectl(...inside(node, 'detector'), ...CLI, 'clear', type, ...ofOne, '--why', why)
}

/** Runs a shell in a container of the node's pod, with what that container may. */
export function shellInside(node: string, container: string, script: string): string {
  return kubectl(...inside(node, container), 'sh', '-c', script)
}

/** Runs a program of Node in a container, with little memory of its own: it is charged to that container. */
export function nodeInside(node: string, container: string, program: string, argument: string): string {
  const flags = ['--max-semi-space-size=1', '--v8-pool-size=0', '--max-old-space-size=16', '--input-type=module']
  const argv = ['kubectl', ...inside(node, container), 'node', ...flags, '-e', program, argument]
  const { status, stdout, stderr } = tryRun(argv)
  if (status !== 0) throw new Error(`in ${container} of ${node}: ended with ${status}: ${stderr}${stdout}`)
  return stdout
}

/** Of the shipped configuration: where people look. */
export const PAGE_PORT = 8080

/** What of a node was at any time no longer well, or not known: the page's lanes, by condition type. */
export function lanesOf(node: string): string[] {
  const program = 'process.stdout.write(await (await fetch(process.argv[1])).text())'
  const text = nodeInside(node, 'http-exporter', program, `http://127.0.0.1:${PAGE_PORT}${HANDLERS.history}`)
  const { lanes } = JSON.parse(text) as { readonly lanes: readonly LaneView[] }
  return lanes.map(({ id }) => id.slice(id.lastIndexOf('/') + 1))
}
