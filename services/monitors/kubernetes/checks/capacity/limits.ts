/** What the kubelet's configuration says of how much it takes, and when it evicts. Pure. */

/** How much the kubelet takes. */
export interface KubeletLimits {
  readonly maxPods: number
  /** By signal: "memory.available" → "100Mi", "nodefs.available" → "10%". */
  readonly evictionHard: Readonly<Record<string, string>>
}

type Values = Readonly<Record<string, unknown>>

const MAX_PODS = 110
/** Of Linux (k8s.io/kubernetes, pkg/kubelet/apis/config/v1beta1/defaults_linux.go). */
const EVICTION_HARD: Readonly<Record<string, string>> = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The limits of a configuration: of /configz, or of a file. A file that names some thresholds has none of the others, unless it says so.
 * @param values {} is a kubelet that is run by its defaults
 */
export function limitsOf(values: Values): KubeletLimits {
  const { maxPods, evictionHard, mergeDefaultEvictionSettings } = values
  const isOwn = isMap(evictionHard) && Object.keys(evictionHard).length > 0
  const named = isOwn ? Object.entries(evictionHard).map(([signal, value]) => [signal, String(value)] as const) : []
  const defaults = isOwn && mergeDefaultEvictionSettings !== true ? {} : EVICTION_HARD
  return {
    maxPods: typeof maxPods === 'number' && Number.isInteger(maxPods) && maxPods > 0 ? maxPods : MAX_PODS,
    evictionHard: { ...defaults, ...Object.fromEntries(named) },
  }
}

const QUANTITY = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E|m)?$/
const UNITS: Readonly<Record<string, number>> = {
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
  ...{ m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
}

/** A threshold ("10%", "100Mi") of a whole, in its unit; undefined for what is none, and for 0, which switches it off. */
export function thresholdOf(text: string, whole: number): number | undefined {
  const [, share] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? []
  if (share !== undefined) return Number(share) === 0 ? undefined : (whole * Number(share)) / 100
  const [, number, unit = ''] = QUANTITY.exec(text) ?? []
  if (number === undefined) return undefined
  const value = Number(number) * (UNITS[unit] ?? 1)
  return value === 0 ? undefined : value
}
