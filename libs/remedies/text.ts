/** What an act does, for people. Nothing is ever made of it. */
import type { RemedyName } from './table.ts'

type Parameters = Readonly<Record<string, string>>

/** What stands behind the first ":" of a target. */
export function targetName(target: string): string {
  return target.slice(target.indexOf(':') + 1)
}

function argsOf({ args = '[]' }: Parameters): string {
  const list = JSON.parse(args) as readonly string[]
  return list.map((arg) => ` ${/^[A-Za-z0-9/._@:+,=-]+$/.test(arg) ? arg : JSON.stringify(arg)}`).join('')
}

const TEXTS: Readonly<Record<RemedyName, (name: string, parameters: Parameters) => string>> = {
  'systemd-restart': (name) => `systemctl restart ${name}`,
  'systemd-start': (name) => `systemctl start ${name}`,
  'systemd-stop': (name) => `systemctl stop ${name}`,
  'systemd-reload': (name) => `systemctl reload ${name}`,
  'restart-runtime': () => 'restart the container runtime',
  'prune-runtime': () => 'remove dead containers and unused images',
  'disk-cleanup': (name) => `clean up ${name}`,
  'flush-dns': () => 'resolvectl flush-caches',
  'reset-routing': () => 'ip route flush cache',
  'flush-ipv6-route': () => 'ip -6 route flush cache',
  'restart-interface': (name) => `take ${name} down and up`,
  'custom-script': (name, parameters) => name + argsOf(parameters),
  'pod-delete': (name) => `evict pod ${name}`,
  cordon: () => 'cordon the node',
  uncordon: () => 'uncordon the node',
  taint: (_, { taint = '' }) => `taint the node with ${taint}`,
  drain: () => 'drain the node',
  'node-reboot': () => 'drain and reboot the node',
  'external-action': (name) => `have the plug-in do ${name}`,
}

/** "systemctl restart kubelet.service": the command, or words. */
export function textOf(strategy: RemedyName, target: string, parameters: Parameters): string {
  return TEXTS[strategy](targetName(target), parameters)
}
