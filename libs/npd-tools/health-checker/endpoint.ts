/** Whether an address answers that it is well. */
import { type LookupAddress, lookup } from 'node:dns'
import { Agent, get, type IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import { patiently } from '#clock'
import type { ToolAround } from '../tool.ts'
import { urlFault } from './address.ts'

/** As many as Go's client goes along with. */
const REDIRECTS_MAX = 10
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/** "localhost:10248", "[::1]:10248" */
function joined(host: string, port: string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Where the kubelet and kube-proxy say whether they are well. */
export function endpointOf(
  component: 'kubelet' | 'kube-proxy',
  env: Readonly<Record<string, string | undefined>>,
): string {
  const host = env['HOST_ADDRESS'] || 'localhost'
  if (component === 'kubelet') return `http://${joined(host, env['KUBELET_PORT'] || '10248')}/healthz`
  return `http://${joined(host, env['KUBEPROXY_PORT'] || '10256')}/livez`
}

/** What this machine is to itself (RFC 6761), in the order in which it is tried: whoever asks need not be answered by anybody. */
const LOOPBACK: readonly LookupAddress[] = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
]

/** Names as they become addresses, and the one that is asked for and not answered yet. */
function createNames() {
  let asked: string | undefined
  const find: LookupFunction = (name, options, told) => {
    if (/^localhost\.?$/i.test(name)) {
      process.nextTick(told, null, [...LOOPBACK])
      return
    }
    asked = name
    lookup(name, { ...options, all: true }, (err, addresses) => {
      asked = undefined
      told(err, addresses)
    })
  }
  return {
    find,
    get asked() {
      return asked
    },
  }
}

function answered(url: URL, names: LookupFunction, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = { 'user-agent': 'node-doctor health-checker' }
  return new Promise((resolve, reject) => {
    get(url, { signal, agent: new Agent({ lookup: names, autoSelectFamily: true }), headers }, (response) => {
      // Its status says all.
      response.destroy()
      resolve(response)
    }).on('error', reject)
  })
}

/**
 * Whether it answers 200 in time, over redirections. Whatever goes wrong is no.
 * @throws Error in Go's words for what is no address; where nobody has said in time where that is: then it was not asked at all
 */
export async function isWell(
  address: string,
  timeoutMs: number,
  { clock, signal }: Pick<ToolAround, 'clock' | 'signal'>,
): Promise<boolean> {
  const fault = urlFault(address)
  if (fault !== undefined) throw new Error(fault)
  // What Go takes and Node does not is the address of nobody.
  if (!URL.canParse(address)) return false
  let url = new URL(address)
  const late = new AbortController()
  const callOff = patiently(clock, timeoutMs, () => late.abort(new Error('it has not answered in time')))
  const ends = AbortSignal.any([signal, late.signal])
  const names = createNames()
  try {
    for (let i = 0; i < REDIRECTS_MAX; i++) {
      const { statusCode = 0, headers } = await answered(url, names.find, ends)
      const isElsewhere = REDIRECTS.includes(statusCode) && headers.location !== undefined
      if (!isElsewhere) return statusCode === 200
      url = new URL(headers.location ?? '', url)
    }
    return false
  } catch {
    signal.throwIfAborted()
    if (names.asked !== undefined) throw new Error(`it was not asked: lookup ${names.asked}: no answer in time`)
    return false
  } finally {
    callOff()
  }
}
