/** One round: which pods are asked, and what each says. */
import { HostReadError } from '#host'
import { observed, type Reading } from '#monitor-kit/evaluate'
import { type Ask, isJudged } from '#probe'
import type { Door } from '../../probing/door.ts'
import { type EchoPod, type SaidOfDns, saidIn } from './echo-pod.ts'
import type { EchoPods } from './echo-pods.ts'

/** Where the echo component's own token lies in this container, and the name of its Service beside it. */
export const ECHO_FOLDER = '/var/run/secrets/node-doctor.io/echo'
const PATH = '/clusterdns'
const BODY_BYTES = 16_384
/** As long as a pod waits for one of its nameservers (services/echo). */
const POD_WAITS_MS = 2_000

/** What came of one pod. */
export interface AskedPod {
  readonly pod: EchoPod
  /**
   * `silent`: it does not answer, which says nothing of names; `unjudged`: nobody can say, as this process or the pod was late, or this
   * machine could not ask.
   */
  readonly outcome: 'resolves' | 'fails' | 'silent' | 'unjudged'
  /** Of one that answered. */
  readonly said: SaidOfDns | undefined
  /** Why it did not answer, or says nothing of the cluster's DNS; "": this process, or it, was late. */
  readonly message: string
}

/** The Service that was deployed with a token for us; undefined: there is none. @throws HostReadError as a read that failed otherwise */
export async function deployedService({ ownFiles }: Pick<Door, 'ownFiles'>): Promise<string | undefined> {
  try {
    const name = (await ownFiles.readText(`${ECHO_FOLDER}/service`)).trim()
    return name === '' ? undefined : name
  } catch (err) {
    if (err instanceof HostReadError && (err.code === 'ENOENT' || err.code === 'ENOTDIR')) return undefined
    throw err
  }
}

async function askPod(door: Door, ask: Ask, pod: EchoPod): Promise<AskedPod> {
  const { address, port } = pod
  const host = address.includes(':') ? `[${address}]` : address
  const url = new URL(`http://${host}:${port}${PATH}`)
  const route = { kind: 'address', place: { address, port } } as const
  const probed = await door.probeHttp(ask, { method: 'GET', url, route, maxBodyBytes: BODY_BYTES })
  if (!probed.ok) {
    const { kind, message } = probed.failure
    const isOwnFault = kind === 'local' || kind === 'denied'
    const isLate = kind === 'timeout' && !isJudged(probed.sample, ask.timeoutMs)
    const outcome = isOwnFault || isLate ? 'unjudged' : 'silent'
    return { pod, outcome, said: undefined, message: isLate ? '' : message }
  }
  const { status, body } = probed.answer
  const said = saidIn(body.toString())
  if (said === undefined) {
    const message = `${address}:${port} answers ${PATH} with ${status}, which says nothing of the cluster’s DNS; is it an echo pod?`
    return { pod, outcome: 'silent', said, message }
  }
  if (said.isResolved) return { pod, outcome: 'resolves', said, message: '' }
  const isLate = !isJudged({ ms: Math.max(said.ms, POD_WAITS_MS), lateMs: said.lateMs }, POD_WAITS_MS)
  return { pod, outcome: isLate ? 'unjudged' : 'fails', said, message: '' }
}

const isSilent = ({ outcome }: AskedPod) => outcome === 'silent'

/** Asks all of them at once; where none answers it is looked up anew who they are, and they are asked once more if they are others. */
export async function readRound(door: Door, ask: Ask, pods: EchoPods): Promise<Reading<readonly AskedPod[]>> {
  const known = await pods.current(ask.signal)
  if (!known.ok) return known
  const askAll = (some: readonly EchoPod[]) => Promise.all(some.map((pod) => askPod(door, ask, pod)))
  const asked = await askAll(known.value)
  if (!asked.every(isSilent)) return observed(asked)
  const now = await pods.renewed(ask.signal)
  if (!now.ok) return now
  const were = new Set(known.value.map(({ address }) => address))
  return observed(now.value.some(({ address }) => !were.has(address)) ? await askAll(now.value) : asked)
}
