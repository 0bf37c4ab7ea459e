/** Probes ask addresses, not names: who resolves a name knows which of its addresses is asked, and how long the name took. */
import { isIP } from 'node:net'
import type { Place } from '../types.ts'

/** 4 or 6. @throws TypeError for what is no address, or no port: that is a fault of the caller's */
export function familyOf({ address, port }: Place): 4 | 6 {
  const family = isIP(address)
  if (family === 0) throw new TypeError(`${address} is no address of IPv4 or IPv6; resolve the name before`)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new TypeError(`${port} is no port`)
  return family === 4 ? 4 : 6
}
