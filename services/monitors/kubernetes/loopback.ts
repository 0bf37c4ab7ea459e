/** Asks who listens on a loopback address, whichever family it is of. */
import type { HttpAnswer, Probed } from '#probe'
import { bothFamilies } from './node-kubelet/place.ts'

/** Who answered, and at which URL. */
export interface LoopbackAnswer {
  readonly url: URL
  readonly probed: Probed<HttpAnswer>
}

/**
 * Asks at the configured URL, and where that is a loopback address and nobody listens, at the other family's: a node without IPv6
 * has no such address, which says nothing of the one that is configured. Where nobody listens at either, the configured one's answer.
 */
export async function askLoopback(
  configured: string,
  get: (url: URL) => Promise<Probed<HttpAnswer>>,
): Promise<LoopbackAnswer> {
  let first: LoopbackAnswer | undefined
  for (const url of bothFamilies(configured)) {
    const probed = await get(url)
    const isNobody = !probed.ok && (probed.failure.kind === 'refused' || probed.failure.kind === 'local')
    if (!isNobody) return { url, probed }
    first ??= { url, probed }
  }
  return first as LoopbackAnswer
}
