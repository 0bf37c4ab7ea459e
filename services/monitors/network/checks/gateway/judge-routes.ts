/** Whether there is a default route. Pure. */
import type { IpFamily } from '#host'
import type { Finding } from '#monitor-kit'
import { adviceOf } from '../../ipv6/advertisements.ts'
import { extendStanding, NO_STANDING, type Standing, standOf } from '../../probing/standing.ts'
import { pendingFinding } from '../../probing/words.ts'
import type { Config } from './config.ts'
import { limitsOf } from './limits.ts'
import { type GatewayMemory, routeEntity } from './memory.ts'
import type { FamilyReading } from './source.ts'

const NAMES = { v4: 'IPv4', v6: 'IPv6' } as const
const TYPE = 'DefaultRouteMissing'

const TO_DO = 'see the link and who sets its addresses (DHCP, router advertisements, NetworkManager, netplan)'

/** Where IPv6 is switched off there can be none, and that is told as IPv6Disabled. */
function offFinding(family: IpFamily, off: readonly string[]): Finding {
  const message = `it is not known whether there would be one: IPv6 is switched off (${off.join(', ')})`
  return { type: TYPE, entity: routeEntity(family), health: 'healthy', pending: true, reason: 'SwitchedOff', message }
}

/** undefined: not read, or none, as there never was in this boot: a machine that is by itself. */
export function judgeRoutes(
  { family, routes, off = [], ignoring = [] }: FamilyReading,
  memory: Pick<GatewayMemory, 'routes' | 'heardV6'>,
  config: Config,
): { readonly family: IpFamily; readonly standing: Standing; readonly finding: Finding } | undefined {
  const [first] = routes.ok ? routes.value : []
  const before = memory.routes.get(family)
  if (!routes.ok || (first === undefined && before === undefined)) return undefined
  const limits = limitsOf(config)
  if (first === undefined && before !== undefined && off.length > 0) {
    return { family, standing: before, finding: offFinding(family, off) }
  }
  const standing = extendStanding(before ?? NO_STANDING, first === undefined ? 'failed' : 'well', [], limits)
  const about = { type: TYPE, entity: routeEntity(family) }
  const missing = `there is no default route of ${NAMES[family]} any more, and there was one in this boot`
  if (first !== undefined) {
    const ways = first.hops
      .map(({ gateway, interface: name }) => [gateway, name].filter(Boolean).join(' at '))
      .join(', ')
    return { family, standing, finding: { ...about, health: 'healthy', reason: 'RoutePresent', message: `by ${ways}` } }
  }
  if (standOf(standing, limits) === 'lasting') {
    return { family, standing, finding: pendingFinding({ ...about, message: missing }, standing, limits.needed) }
  }
  const { areIgnored, text } = adviceOf(ignoring, memory.heardV6, TO_DO)
  const message = `${missing}; ${text}`
  const summary = `the default route of ${NAMES[family]} is gone`
  const severity = 'critical'
  return {
    family,
    standing,
    finding: {
      ...about,
      health: 'problem',
      severity,
      reason: areIgnored ? 'AdvertisementsIgnored' : 'NoDefaultRoute',
      message,
      summary,
    },
  }
}
