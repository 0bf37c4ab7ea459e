/** Asks the API server in place of the kubelet, where it is in doubt which of both does not hear the other. */
import { KubeAccessError, KubeStatusError, KubeUnreachableError, type Readiness } from '#kube'
import { reachesNoApi } from '../../node-kubelet/told.ts'
import type { Ways } from '../../ways.ts'
import type { KubeletLook } from './reading.ts'

type Asking = Pick<KubeletLook, 'ways' | 'config' | 'clock' | 'nodeName' | 'signal'>
type Client = ReturnType<Ways['apiServer']>

/** What came of it; undefined: there is no way to it, or none whose credentials can be read. */
async function askApi(
  { ways, config, clock, nodeName, signal }: Asking,
  ask: (client: Client, options: { readonly signal: AbortSignal }) => Promise<boolean>,
): Promise<boolean | 'not-answered' | undefined> {
  if (reachesNoApi(ways.told, clock.monotonicMs())) return 'not-answered'
  let client: Client | undefined
  try {
    const access = await ways.access()
    const userAgent = `node-doctor (kubernetes-monitor; ${nodeName})`
    client = ways.apiServer({ access, userAgent, timeoutMs: config.httpTimeout, clock })
    return await ask(client, { signal })
  } catch (err) {
    if (err instanceof KubeAccessError) return undefined
    if (err instanceof KubeUnreachableError || err instanceof KubeStatusError) return 'not-answered'
    throw err
  } finally {
    client?.close()
  }
}

/** Whether the API server knows this account. */
export async function isKnownToApi(look: Asking): Promise<boolean | 'not-answered'> {
  const known = await askApi(look, async (client, options) => {
    const identity = await client.whoAmI(options)
    return identity.kind === 'known' && identity.name !== 'system:anonymous'
  })
  return known ?? 'not-answered'
}

/** Who refuses that question is there all the same, unless he has too much to do. */
function orAnswered(err: unknown): Readiness {
  const status = err instanceof KubeStatusError ? err.refusal.status : 500
  if (status >= 500 || status === 429) throw err
  return { kind: 'ready' }
}

/** Whether it answers and has its store, without which it takes no lease of anybody; undefined: there is no way to it. */
export async function isServed(look: Asking): Promise<boolean | undefined> {
  const served = await askApi(look, async (client, options) => {
    const readiness = await client.readyz(options).catch(orAnswered)
    return readiness.kind !== 'not-ready' || !readiness.failed.some((name) => name.startsWith('etcd'))
  })
  return served === undefined ? undefined : served === true
}
