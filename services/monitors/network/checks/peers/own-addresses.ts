/** Addresses of this node, which is no peer of its own. */
import type { Clock } from '#clock'
import type { Host, IpFamily } from '#host'
import { observe } from '#monitor-kit/source'
import { canonicalAddress } from '../../names/canonical-address.ts'
import type { OwnAddresses } from './peer.ts'

/** They hardly change, and cost 3 ms of a processor. */
const KEPT_MS = 600_000
/** A link-local address reaches its link alone, and ::1 nobody else. */
const NEAR = /^(?:fe[89ab]|::1$|127\.)/

interface Read extends OwnAddresses {
  /** Both families could be read. */
  readonly isWhole: boolean
}

/** Those that could not be read are not known, and then this node's name alone tells it. */
async function readOwn({ network }: Pick<Host, 'network'>): Promise<Read> {
  const addresses = new Set<string>()
  const lacks = new Set<IpFamily>()
  let isWhole = true
  for (const family of ['v4', 'v6'] as const) {
    const read = await observe(() => network.addresses(family))
    const own = read.ok ? read.value.map(({ address }) => canonicalAddress(address) ?? address) : []
    for (const address of own) addresses.add(address)
    // Without IPv6 there is no such file.
    const isKnown = read.ok || (family === 'v6' && read.reason === 'SourceMissing')
    if (!isKnown) isWhole = false
    else if (own.every((address) => NEAR.test(address))) lacks.add(family)
  }
  return { addresses, lacks, isWhole }
}

/** They are read when it is time, and each time until both families could be. */
export function createOwnAddresses(host: Pick<Host, 'network'>, clock: Clock): () => Promise<OwnAddresses> {
  let kept: { readonly own: Read; readonly untilMs: number } | undefined
  return async () => {
    if (kept === undefined || clock.monotonicMs() >= kept.untilMs) {
      const own = await readOwn(host)
      kept = { own, untilMs: clock.monotonicMs() + (own.isWhole ? KEPT_MS : 0) }
    }
    return kept.own
  }
}
