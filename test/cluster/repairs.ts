/** What repairs say of themselves on a real cluster, and what of them stands on nodes. */
import { spawn } from 'node:child_process'
import { check, kubectl, NAMESPACE, nodeObject } from './cluster.ts'
import { onNode } from './hooks.ts'

/** The annotation of a Node that we have cordoned: its value is the attempt. */
export const MARK = 'node-doctor.io/cordoned'

export interface RepairRecord {
  /** By the clock of its node. */
  readonly time: string
  readonly kind: string
  readonly attempt?: string
  readonly step?: string
  readonly detail?: string
  readonly outcome?: string
  readonly message?: string
  readonly mode?: string
  readonly verdict?: string
  readonly act?: { readonly strategy: string }
}

function remediatorOf(node: string): string {
  const where = [
    '-n',
    NAMESPACE,
    '-l',
    'app.kubernetes.io/component=remediation',
    `--field-selector=spec.nodeName=${node}`,
  ]
  return kubectl('get', 'pods', ...where, '-o', 'jsonpath={.items[0].metadata.name}')
}

function inRemediator(node: string, ...words: string[]): string {
  const cli = ['/opt/node-doctor/bin/entrypoint.sh', 'cli', ...words]
  return kubectl('exec', '-n', NAMESPACE, remediatorOf(node), '-c', 'remediator', '--', ...cli)
}

/** Both containers that repair are ready on each of these nodes. */
export function areRepairing(nodes: readonly string[]): boolean {
  const path = 'jsonpath={.status.containerStatuses[*].ready}'
  return nodes.every((node) => kubectl('get', 'pod', '-n', NAMESPACE, remediatorOf(node), '-o', path) === 'true true')
}

/** The records of its journal, the last first. */
export function historyOf(node: string): readonly RepairRecord[] {
  const { records } = JSON.parse(inRemediator(node, 'history', '--limit', '200', '-o', 'json')) as {
    readonly records: readonly { readonly time: string; readonly what: Omit<RepairRecord, 'time'> }[]
  }
  return records.map(({ time, what }) => ({ ...what, time }))
}

/** How many attempts were begun to act. */
export function startedOf(node: string): number {
  return historyOf(node).filter(({ kind, mode }) => kind === 'started' && mode === 'act').length
}

/** How an attempt ended; undefined: it goes on. */
export function endOf(node: string, attempt: string): RepairRecord | undefined {
  return historyOf(node).find((one) => one.kind === 'ended' && one.attempt === attempt)
}

/** When an attempt said this step, in milliseconds since 1970 by the clock of its node. NaN: never. */
export function stepMs(node: string, attempt: string, step: string): number {
  const told = historyOf(node).find((one) => one.attempt === attempt && one.step === step)
  return Date.parse(told?.time ?? '')
}

/** The attempt that our cordon of a node is of; "": there is none. */
export function cordonOf(node: string): string {
  const { metadata, spec } = nodeObject(node)
  return spec.unschedulable === true ? (metadata.annotations?.[MARK] ?? '') : ''
}

/** It takes pods, and no mark of ours says otherwise. */
export function isOpen(node: string): boolean {
  const { metadata, spec } = nodeObject(node)
  return spec.unschedulable !== true && metadata.annotations?.[MARK] === undefined
}

/** Nodes that hold a lease of the fleet. */
export function leaseHolders(): string {
  return kubectl('get', 'leases', '-n', NAMESPACE, '-o', 'jsonpath={.items[*].spec.holderIdentity}')
}

/** A line of the journal of the host, as the drill's monitors look for it. */
export function tellJournal(node: string, line: string): void {
  onNode(node, `logger -t node-doctor-drill '${line}'`)
}

/** Every change of every node as the API server made it, one after another, until it is closed. */
export interface CordonWatch {
  /** How many nodes at most were cordoned with our mark at one time. */
  most(): number
  /** Which were so, in the order in which that began. */
  order(): readonly string[]
  /** Changes that were seen. */
  seen(): number
  close(): void
}

/** @throws by `most` and `order` when the watch has ended by itself */
export function watchCordons(): CordonWatch {
  const columns = 'N:.metadata.name,U:.spec.unschedulable,M:.metadata.annotations.node-doctor\\.io/cordoned'
  const child = spawn('kubectl', ['get', 'nodes', '-w', '--no-headers', '-o', `custom-columns=${columns}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const marked = new Set<string>()
  const order: string[] = []
  let [most, seen, rest, isOver] = [0, 0, '', false]
  child.once('close', () => {
    isOver = true
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [node = '', cordoned, mark = '<none>'] = line.trim().split(/\s+/)
      seen++
      if (cordoned === 'true' && mark !== '<none>') {
        if (!marked.has(node)) order.push(node)
        marked.add(node)
      } else marked.delete(node)
      most = Math.max(most, marked.size)
    }
  })
  const went = <T>(value: T): T => {
    check('the watch of nodes goes on', !isOver)
    return value
  }
  return {
    most: () => went(most),
    order: () => went(order),
    seen: () => seen,
    close: () => void child.kill(),
  }
}
