/** What one look at the kubelet reads, and how it is made. */
import type { Clock } from '#clock'
import type { Host, HostNetwork, UnitLook } from '#host'
import type { Metrics } from '#kube/kubelet'
import type { Reading } from '#monitor-kit/evaluate'
import type { HttpAnswer, Probed, Stopwatch } from '#probe'
import type { Ways } from '../../ways.ts'
import type { Config } from './config.ts'

/** The file, and what of it is in force. */
export interface KubeletConfiguration {
  readonly path: string
  readonly inFile: Readonly<Record<string, unknown>>
  readonly inForce: Readonly<Record<string, unknown>>
  readonly overruled: ReadonlySet<string>
}

/** One look at the kubelet. */
export interface KubeletReading {
  readonly network: HostNetwork
  /** A folder of a kubelet is on this machine. */
  readonly hasFolder: boolean
  /** Undefined: not in the node's network, so that nobody is asked. */
  readonly healthz: Probed<HttpAnswer> | undefined
  /** The first of its units that systemd knows; else why none is known. Undefined: not asked. */
  readonly unit: UnitLook | undefined
  /** What was looked at in this turn beside its healthz and its unit. */
  readonly looked: Due
  /** Undefined: not looked at in this turn, or never. */
  readonly figures: Reading<Metrics> | undefined
  /**
   * Where the kubelet does not take our token: whether the API server knows us by it, whom the kubelet has to ask for that. Undefined: not
   * asked, as where it is another token than the one by which the API server knows us.
   */
  readonly isKnown: boolean | 'not-answered' | undefined
  /** It asks the API server whose our token is, by its own file. Looked at where that knows us and the kubelet does not. */
  readonly asksWhose: boolean
  /** While it is in doubt whether the API server hears the kubelet: whether it answers us as it should. Undefined: not asked. */
  readonly isServed: boolean | undefined
  /** It answers at once who shows it nothing, and leaves us waiting, while the API server answers us: it cannot ask that. */
  readonly isWaiting: boolean
  /** Undefined as above, and where there is no one file. */
  readonly configuration: Reading<KubeletConfiguration> | undefined
}

/** What is to be looked at: its figures cost requests of the kubelet's own, its file none. */
export interface Due {
  readonly figures: boolean
  readonly file: boolean
}

/** How one look is made. */
export interface KubeletLook {
  readonly host: Host
  readonly ways: Ways
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly signal: AbortSignal
  readonly config: Config
  readonly nodeName: string
  readonly due: Due
  /** Its process, as it was known last; 0: not known. */
  readonly pid: number
  /** It is in doubt, by the last look, whether the API server hears it. */
  readonly isDoubted: boolean
}
