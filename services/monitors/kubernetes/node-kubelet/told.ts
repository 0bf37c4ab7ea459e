/**
 * What the checks of one node tell each other of its kubelet. To answer us it asks the API server who we are (TokenReview, kept for two
 * minutes) and whether we may (SubjectAccessReview, kept for five): what one check has heard of it is not asked again by another.
 */
import type { Reading } from '#monitor-kit/evaluate'
import type { Place } from '#probe'

type Values = Readonly<Record<string, unknown>>

/** The configuration in force does not change as long as the kubelet runs. Where it is not seen that it was started anew: so long. */
const UNSEEN_MS = 3_600_000
/** So late it is asked again that would not tell: each time it asks the API server, and roles change with an installation. */
const REFUSED_MS: Readonly<Record<string, number>> = {
  Forbidden: 6 * 3_600_000,
  TokenRefused: 600_000,
  CertificateUnverified: 120_000,
}

interface Kept {
  readonly said: Reading<Values>
  readonly atMs: number
  readonly forMs: number
}

/** Metrics that say how many seconds the certificates last that it rotates. */
export const LIFETIMES: ReadonlySet<string> = new Set([
  'kubelet_certificate_manager_client_ttl_seconds',
  'kubelet_certificate_manager_server_ttl_seconds',
])

/** By the names of these metrics. */
export type Lifetimes = ReadonlyMap<string, number>

/** When the container runtime was not well last, in monotonic milliseconds; undefined: never. */
export interface RuntimeAmiss {
  readonly amissMs: number | undefined
  /** Not by a warning alone: that is why of everything which the kubelet calls. */
  readonly graveMs: number | undefined
  /** It did not run or answer, or said that it is not ready: a kubelet that is started then ends again. */
  readonly downMs: number | undefined
}

/** Of one monitor; nothing of it outlives the process. */
export interface Told {
  /** When a check saw last that something is wrong on which the kubelet leans, in monotonic milliseconds; undefined: never. */
  troubleMs: number | undefined
  /** When the container runtime was not well last. */
  runtime: RuntimeAmiss
  /** What the check of the API servers saw last: whether this node reaches none by its own way. undefined: there is no such check. */
  apiServer: { readonly isUnreached: boolean; readonly atMs: number } | undefined
  /** The configuration in force as it was told last; undefined: it was not. */
  configuration: Values | undefined
  /** Which socket the kubelet asks for its container runtime, as its command line or its file has it; "": that is not seen. */
  runtimeEndpoint: { readonly endpoint: string; readonly atMs: number } | undefined
  /** Where the API servers are for the kubelet, which needs no Service to reach them. */
  servers: readonly Place[]
  /** How many pods run here, as the kubelet said last, which is asked so often: for who may not ask the container runtime. */
  runningPods:
    | { readonly url: string; readonly atMs: number; readonly count: number; readonly everyMs: number }
    | undefined
  /** What the kubelet said last of its certificates. */
  lifetimes: { readonly url: string; readonly atMs: number; readonly seconds: Lifetimes } | undefined
  /**
   * The configuration in force; asked for once in each run of the kubelet.
   * @param of the kubelet's port, and by what its run is known; "" where that is not seen
   */
  inForce(
    of: { readonly url: string; readonly run: string; readonly nowMs: number },
    ask: () => Promise<Reading<Values>>,
  ): Promise<Reading<Values>>
}

/** As long as that is not older, what the check of the API servers saw is so. */
const API_SEEN_MS = 300_000

/** Whether this node reaches no API server, as far as their check has told. */
export function reachesNoApi({ apiServer }: Pick<Told, 'apiServer'>, nowMs: number): boolean {
  return apiServer?.isUnreached === true && nowMs - apiServer.atMs < API_SEEN_MS
}

function keptFor(said: Reading<Values>, run: string): number {
  if (said.ok) return run === '' ? UNSEEN_MS : Number.POSITIVE_INFINITY
  return REFUSED_MS[said.reason] ?? 0
}

/** Before anybody has told anything. */
export function createTold(): Told {
  const kept = new Map<string, Kept>()
  const told: Told = {
    troubleMs: undefined,
    runtime: { amissMs: undefined, graveMs: undefined, downMs: undefined },
    apiServer: undefined,
    configuration: undefined,
    runtimeEndpoint: undefined,
    servers: [],
    runningPods: undefined,
    lifetimes: undefined,
    async inForce({ url, run, nowMs }, ask) {
      const key = `${url} ${run}`
      const before = kept.get(key)
      if (before !== undefined && nowMs - before.atMs < before.forMs) return before.said
      const said = await ask()
      // Of a run that is over nothing is kept.
      for (const other of kept.keys()) if (other.startsWith(`${url} `)) kept.delete(other)
      kept.set(key, { said, atMs: nowMs, forMs: keptFor(said, run) })
      told.configuration = said.ok ? said.value : undefined
      return said
    },
  }
  return told
}
