/** Whether the Node object of our name is this machine's: a name that was configured wrongly, or twice, is another one's. Pure. */
import type { KubeNode } from '#kube'
import { isReady } from './ours.ts'

/** What a machine is told apart by. "": not known. */
export interface Machine {
  readonly bootId: string
  /** As `/etc/machine-id` has it. */
  readonly machineId: string
}

/** Kubelet and host write them with other dashes and cases. */
function plain(id = ''): string {
  return id.trim().toLowerCase().replaceAll('-', '')
}

function isOther(told: string, own: string): boolean {
  return told !== '' && own !== '' && told !== own
}

/**
 * Why the node that was heard of is another machine's, in words with both ids; "": it is this one's, or nobody can tell. The boot id of its
 * kubelet decides: containers share it with their host. Another one is also that of this machine before a reboot that its kubelet has not
 * told yet: then the machine id is the same. Images that were copied have one machine id; but a kubelet that is Ready tells its boot, and
 * after a reboot nothing is repaired for as long as that takes (gate truth).
 */
export function whyAnother(node: KubeNode, own: Machine): string {
  const { metadata, status } = node
  const { bootID = '', machineID = '' } = status?.nodeInfo ?? {}
  if (!isOther(plain(bootID), plain(own.bootId))) return ''
  const isAnother = isOther(plain(machineID), plain(own.machineId))
  if (!isAnother && !isReady(node)) return ''
  const theirs = `boot id ${shown(bootID)}, machine id ${shown(machineID)}`
  const ours = `boot id ${shown(own.bootId)}, machine id ${shown(own.machineId)}`
  return `the Node ${metadata.name} is another machine (${theirs}) than this one (${ours})`
}

/** Somebody else's text in words of ours. */
const SHOWN_MAX = 40

function shown(id: string): string {
  return id === '' ? 'not known' : id.slice(0, SHOWN_MAX)
}
