/** What only the one who made the cluster can do: commands of the environment. */
import { run, tryRun } from '../compose/exec.ts'

export type HookName =
  | 'NODE_SHELL'
  | 'NODE_REBOOT'
  | 'API_DOWN'
  | 'API_UP'
  | 'API_ADDRESS'
  | 'NEXT_IMAGE'
  | 'PLUGIN_IMAGE'
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
