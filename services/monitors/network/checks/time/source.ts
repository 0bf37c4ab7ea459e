/** Asks the named servers for the time. */
import type { Host } from '#host'
import { type Ask, type FailureKind, isJudged, type NtpAnswer } from '#probe'
import { createNames, type Names } from '../../names/names.ts'
import type { Door } from '../../probing/door.ts'
import type { Config } from './config.ts'

const PORT = 123

/** What can be said before a run is ended for lasting too long is better than all that is not. */
const BUDGET_SHARE = 0.8
/** There is no way from here to that address, which says nothing of another one. */
const NO_WAY: readonly FailureKind[] = ['local', 'denied', 'unreachable']
/** Of a server with very many addresses so many are tried. */
const ADDRESSES_MAX = 6

/** What came of one server. */
export interface Asked {
  readonly server: string
  readonly answer: NtpAnswer | undefined
  /** Why there is none; "" where there is. */
  readonly failure: string
  /** There is none in time, and this process was late itself. */
  readonly isLate: boolean
}

async function askServer(door: Door, ask: Ask, names: Names, server: string): Promise<Asked> {
  const found = await names.find(server)
  if (!found.ok) return { server, answer: undefined, failure: found.message, isLate: found.why === 'late' }
  let asked: Asked = { server, answer: undefined, failure: 'no address', isLate: false }
  for (const address of found.addresses.slice(0, ADDRESSES_MAX)) {
    const probed = await door.probeNtp(ask, { address, port: PORT })
    if (probed.ok) return { server, answer: probed.answer, failure: '', isLate: false }
    const { kind, message } = probed.failure
    const isLate = kind === 'timeout' && !isJudged(probed.sample, ask.timeoutMs)
    asked = { server, answer: undefined, failure: message, isLate }
    if (!NO_WAY.includes(kind)) break
  }
  return asked
}

/** All at once, each at the first address of its name that there is a way to. @param timeoutMs of a run */
export async function askTime(
  host: Host,
  door: Door,
  ask: Ask,
  config: Config,
  timeoutMs: number,
): Promise<readonly Asked[]> {
  const budgetMs = timeoutMs * BUDGET_SHARE
  const each = { ...ask, timeoutMs: Math.min(ask.timeoutMs, Math.floor(budgetMs / 4)) }
  const names = createNames({ host, door, ask: each, resolvConfPath: config.resolvConfPath, budgetMs })
  return Promise.all([...new Set(config.servers)].map((server) => askServer(door, each, names, server)))
}
