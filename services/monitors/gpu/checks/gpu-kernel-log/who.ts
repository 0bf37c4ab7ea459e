/** Who a process is that the kernel names, and whether it is stuck: while it is there. */
import type { Host } from '#host'
import { isNodes } from '../../driver/node-library.ts'
import { isGivenAway, readPciGpus } from '../../driver/pci-gpus.ts'
import { parseStat } from '../../driver/processes.ts'
import type { Culprit, KernelFact } from '../../kernel/facts.ts'
import type { Stuck } from '../../kernel/state.ts'
import type { GpuShared } from '../../shared.ts'

type Files = Pick<Host, 'files'>

/** "…/kubepods-burstable-pod3f2b0a51_4c1e_4a0e_9d55_9d8d1c0b7a11.slice/…", or with "-" by cgroupfs */
const POD = /pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})/
/** The kernel's names are cut to so many bytes. */
const NAME_BYTES = 15

/** "…/docker-3f2b…64 digits.scope", "…/machine.slice/…", "…/lxc/…": whatever has its own files. */
const CONTAINER = /[0-9a-f]{32}|kubepods|docker[/-]|libpod-|crio-|lxc|machine\.slice|nspawn/
/** Services of the node; who is logged in may bring anything along. */
const NODE = /^\d+:[^:]*:\/(?:system\.slice|init\.scope)\b/m

/** Where a process is. */
export type Whereabouts = Pick<Culprit, 'pod' | 'isOfNode'>

async function whereIs({ files }: Files, { pid, process }: Culprit): Promise<Whereabouts> {
  const [cgroup, comm] = await files.readEach([`/proc/${pid}/cgroup`, `/proc/${pid}/comm`])
  const [name = ''] = (comm ?? '').slice(0, NAME_BYTES).split(/[,\n]/)
  // Another process may have its number by now.
  if (cgroup === undefined || (process !== undefined && process !== name)) return {}
  const pod = POD.exec(cgroup)?.[1]?.replaceAll('_', '-')
  if (pod !== undefined) return { pod, isOfNode: false }
  if (CONTAINER.test(cgroup)) return { isOfNode: false }
  return NODE.test(cgroup) ? { isOfNode: true } : {}
}

/** What is looked with. */
export interface WhoAround {
  readonly host: Files
  readonly shared: Pick<GpuShared, 'library' | 'query'>
}

/** What nvidia-smi here said last of its own library, where that does not fit the module. */
function askedLibrary({ query: { last } }: WhoAround['shared']): string | undefined {
  const isMismatch = last?.query.kind === 'failed' && last.query.failure.kind === 'mismatch'
  return isMismatch && 'library' in last.query.failure ? last.query.failure.library : undefined
}

/** Of who cannot be found any more: whether he had the library that the node has. */
async function withLibrary(fact: KernelFact, { shared }: WhoAround): Promise<KernelFact> {
  if (fact.kind !== 'mismatch' || fact.client === undefined || fact.isOfNode !== undefined) return fact
  const held = { module: fact.module, asked: askedLibrary(shared) }
  return { ...fact, isNodesLibrary: isNodes(await shared.library(), fact.client, held) }
}

/**
 * A fact with the pod of the process that it names, or that it is of the node; of one that is not there any more, whether it had the node's library.
 * @param pods those that were looked for already, by pid and name
 */
export async function withPod(
  around: WhoAround,
  fact: KernelFact,
  pods: Map<string, Promise<Whereabouts>>,
): Promise<KernelFact> {
  if (!('pid' in fact) || fact.pid === undefined) return fact
  const key = `${fact.pid} ${fact.process ?? ''}`
  const looked = pods.get(key) ?? whereIs(around.host, fact).catch(() => ({}))
  pods.set(key, looked)
  return withLibrary({ ...fact, ...(await looked) }, around)
}

/**
 * Those of some processes that are stuck in the kernel (state D), for all that is known: one that cannot be looked at may be.
 * @param seesProcesses whether a pid means the same here as to the kernel, so that who is not there has ended
 */
export async function stuckAmong(
  { files }: Files,
  processes: readonly Stuck[],
  seesProcesses: () => Promise<boolean>,
): Promise<ReadonlySet<Stuck>> {
  if (processes.length === 0) return new Set()
  const stats = await files.readEach(processes.map(({ pid }) => `/proc/${pid}/stat`))
  const isMissed = !(await seesProcesses())
  const isStuck = ({ process }: Stuck, text: string | undefined): boolean => {
    const now = text === undefined ? undefined : parseStat(text)
    return now?.name === process ? now.state === 'D' : isMissed
  }
  return new Set(processes.filter((one, index) => isStuck(one, stats[index])))
}

/**
 * Whether a GPU of this node is at a PCI place, by what it says of itself to the kernel.
 * @param known places that were looked at already
 */
export async function isGpuAt(host: Pick<Host, 'files'>, place: string, known: Map<string, boolean>): Promise<boolean> {
  const before = known.get(place)
  if (before !== undefined) return before
  const gpus = await readPciGpus(host)
  const isOne = gpus.ok && gpus.value.some((one) => one.place === place && !isGivenAway(one))
  known.set(place, isOne)
  return isOne
}
