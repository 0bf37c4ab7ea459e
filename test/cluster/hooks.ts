/** What only the one who made the cluster can do: commands of the environment. */
import { run, tryRun } from '../compose/exec.ts'

export type HookName =
  | 'NODE_SHELL'
  | 'NODE_REBOOT'
  | 'NODE_POWER_ON'
  | 'API_DOWN'
  | 'API_UP'
  | 'API_ADDRESS'
  | 'API_AUDIT'
  | 'KUBELET_CUT'
  | 'KUBELET_HEAL'
  | 'UNPLUG'
  | 'PLUG'
  | 'NEXT_IMAGE'
  | 'PLUGIN_IMAGE'
  | 'GPU_NODE'
  | 'HELM'
  | 'NPD_IMAGE'

export function hook(name: HookName): string {
  return process.env[name] ?? ''
}

function words(template: string, node: string): string[] {
  return template.split(/\s+/).map((word) => word.replaceAll('{node}', node))
}

/** Runs a script as root on a node. @throws with what it said */
export function onNode(node: string, script: string): string {
  return run([...words(hook('NODE_SHELL'), node), script])
}

export function tryOnNode(node: string, script: string) {
  return tryRun([...words(hook('NODE_SHELL'), node), script])
}

export function reboot(node: string): void {
  run(words(hook('NODE_REBOOT'), node))
}

/** Of a node that its own logind has taken down. */
export function powerOn(node: string): void {
  run(words(hook('NODE_POWER_ON'), node))
}

export function apiDown(): void {
  run(['bash', '-c', hook('API_DOWN')])
}

export function apiUp(): void {
  run(['bash', '-c', hook('API_UP')])
}

/** A cut that heals: what the node sends to the API server is thrown away. */
export function cut(node: string): void {
  onNode(node, `iptables -A OUTPUT -d ${hook('API_ADDRESS')} -j DROP`)
}

export function heal(node: string): void {
  tryOnNode(node, `iptables -D OUTPUT -d ${hook('API_ADDRESS')} -j DROP`)
}

/** A command of the environment for one node, where it is given. */
function forNode(name: HookName): (node: string) => void {
  return (node) => void run(['bash', '-c', hook(name).replaceAll('{node}', node)])
}

/** The kubelet is started anew and reaches no API server, which everything else on the node does. */
export const cutKubelet = forNode('KUBELET_CUT')
export const healKubelet = forNode('KUBELET_HEAL')
/** The carrier of the node's interface is lost. */
export const unplug = forNode('UNPLUG')
export const plug = forNode('PLUG')
