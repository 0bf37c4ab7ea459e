/** Default routes: how they are read, and who tells that one is missing, since two checks look for that of IPv6 and one cause is one problem. */
import { type Host, HostReadError, type IpFamily, type Route } from '#host'

const CANNOT_TELL: readonly string[] = ['NO_IP', 'IP_FAILED', 'MALFORMED']

/**
 * Those of the main table, the one that counts first. By `ip`, which knows tables, every hop and which is down; where it is not installed,
 * or cannot tell (that of busybox, a kernel without that family), out of /proc.
 * @throws HostReadError
 */
export async function readDefaultRoutes(
  { network }: Pick<Host, 'network'>,
  family: IpFamily,
): Promise<readonly Route[]> {
  try {
    return await network.defaultRoutes(family)
  } catch (error) {
    if (!(error instanceof HostReadError) || !CANNOT_TELL.includes(error.code)) throw error
    const routes = (await network.routes(family)).filter(({ prefixLength }) => prefixLength === 0)
    return routes.toSorted((a, b) => a.metric - b.metric)
  }
}

/**
 * `nobody`: no check of gateways says anything of that family. `not-yet`: there is one, and it has not looked yet. `gateways`: it tells, as
 * `DefaultRouteMissing`.
 */
export type RouteTeller = 'nobody' | 'not-yet' | 'gateways'

/** What the check of gateways lets the check of the default route of IPv6 know. Of a monitor without the former it says `nobody`. */
export interface RouteTellers {
  /** There is a check of gateways: it will look. */
  expectGateways(): void
  /** It has looked. @param families of whose default route it said something */
  toldByGateways(families: readonly IpFamily[]): void
  tellerOf(family: IpFamily): RouteTeller
}

export function createRouteTellers(): RouteTellers {
  let told: readonly IpFamily[] | undefined
  let isExpected = false
  return {
    expectGateways() {
      isExpected = true
    },
    toldByGateways(families) {
      told = families
    },
    tellerOf(family) {
      if (told === undefined) return isExpected ? 'not-yet' : 'nobody'
      return told.includes(family) ? 'gateways' : 'nobody'
    },
  }
}

function hasTellers(shared: unknown): shared is { readonly routeTellers: RouteTellers } {
  return typeof shared === 'object' && shared !== null && 'routeTellers' in shared
}

/** What all checks of the monitor have together of it; of a check that is made without its monitor its own. */
export function routeTellersOf(shared: unknown): RouteTellers {
  return hasTellers(shared) ? shared.routeTellers : createRouteTellers()
}
