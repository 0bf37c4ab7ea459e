/**
 * The container runtime that the kubelet of this node asks. More than one may listen on a machine: the containerd of a Docker beside
 * CRI-O. Which of them is the node's says the kubelet alone.
 */
import type { Clock } from '#clock'
import type { FoundRuntime, RuntimeSocket } from '#cri'
import type { Host } from '#host'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import type { Ways } from '../ways.ts'
import { askKubeletUnit, flagsOf, readKubeletFile } from './configuration.ts'

/** Of a kubelet that says none (k8s.io/kubernetes, pkg/kubelet/apis/config/v1beta1/defaults.go, since 1.27). */
const DEFAULT_ENDPOINT = 'unix:///run/containerd/containerd.sock'
/** Flags of kubelets before 1.24, whose default was Docker; as keys are written. */
const OLD_FLAGS = ['networkplugin', 'containerruntime']
/** As long as that it is not looked up again where the runtime listens; where it is not seen, as long as the second. */
const KEPT_MS = 300_000
const UNSEEN_MS = 60_000

/** How it is looked for. */
export interface NodeRuntimeLook {
  readonly ways: Ways
  readonly host: Host
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** What was found, and by whose word. */
export interface NodeRuntime {
  readonly found: FoundRuntime
  /** The endpoint as the kubelet has it; "": the configuration names one, or the kubelet's is not seen. */
  readonly kubelets: string
  /** Who else may be it, in words; "": nobody. */
  readonly doubt: string
}

/** Kubelets have these of their own: a containerd beside them is no other, and lies beneath the second. */
const OF_KUBELETS: readonly string[] = ['containerd of k3s', 'cri-dockerd']

/** Of a runtime that was found at a known place, where nobody said which it is. */
function doubtOf(found: FoundRuntime): string {
  if (found.kind !== 'listening') return ''
  const isOther = ({ name }: { readonly name: string }) =>
    name !== found.name && !(name === 'containerd' && OF_KUBELETS.includes(found.name))
  const other = found.others.find(isOther)
  if (other === undefined) return ''
  return `${other.name} listens at ${other.place} too, and which of them the kubelet asks is not seen; name its socket in criSocket`
}

/** Where its pods are asked for; else why not: nobody listens, or they may be another's. */
export function socketOf({ found, doubt }: NodeRuntime): Reading<RuntimeSocket> {
  if (found.kind !== 'listening') return unobserved('RuntimeNotAsked', found.message)
  return doubt === '' ? observed(found) : unobserved('RuntimeNotAsked', doubt)
}

/** By its command line, else its file, else its default; "" where one of them is not seen. */
async function readEndpoint(look: NodeRuntimeLook): Promise<string> {
  const unit = await askKubeletUnit(look)
  const flags = await flagsOf(look.host, unit)
  if (flags === undefined) return ''
  if (flags.endpoint !== undefined && flags.endpoint !== '') return flags.endpoint
  if (OLD_FLAGS.some((name) => flags.names.has(name))) return ''
  const file = await readKubeletFile(look.host, unit)
  if (file?.inFile.ok !== true) return ''
  const { containerRuntimeEndpoint: written = '' } = file.inFile.value
  return typeof written === 'string' && written !== '' ? written : DEFAULT_ENDPOINT
}

/** @param maxAgeMs what was read before may be so old */
async function endpointOf(look: NodeRuntimeLook, maxAgeMs: number): Promise<string> {
  const { told } = look.ways
  // What is in force, flags and folders of files with it.
  const { containerRuntimeEndpoint: inForce } = told.configuration ?? {}
  if (typeof inForce === 'string' && inForce !== '') return inForce
  const kept = told.runtimeEndpoint
  const ageMs = look.clock.monotonicMs() - (kept?.atMs ?? Number.NEGATIVE_INFINITY)
  if (kept !== undefined && ageMs < (kept.endpoint === '' ? UNSEEN_MS : maxAgeMs)) return kept.endpoint
  const endpoint = await readEndpoint(look)
  told.runtimeEndpoint = { endpoint, atMs: look.clock.monotonicMs() }
  return endpoint
}

/**
 * Looks where the configuration says, else where the kubelet asks, else at all known places.
 * @param configured "unix:///run/crio/crio.sock"; "": the configuration names none
 */
export async function findNodeRuntime(look: NodeRuntimeLook, configured: string): Promise<NodeRuntime> {
  const { ways, host } = look
  const at = (endpoint: string) => ways.findRuntime(host, { endpoint })
  if (configured !== '') return { found: await at(configured), kubelets: '', doubt: '' }
  const kubelets = await endpointOf(look, KEPT_MS)
  const found = await at(kubelets)
  if (kubelets === '') return { found, kubelets, doubt: doubtOf(found) }
  if (found.kind === 'listening') return { found, kubelets, doubt: '' }
  // It may have been moved to another one just now.
  const now = await endpointOf(look, 0)
  const again = now === kubelets ? found : await at(now)
  return { found: again, kubelets: now, doubt: now === '' ? doubtOf(again) : '' }
}
