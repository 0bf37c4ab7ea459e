/** How an interface stands: what a restart of it has to bring back. */
import { HostReadError } from '#host'
import type { Note, Tools } from '../actions/types.ts'

/** include/uapi/linux/if.h */
const IFF_UP = 1
/** So many are asked for again by name. */
const ROUTES_MAX = 64

/** How an interface stands. */
export interface InterfaceStanding extends Note {
  /** "yes" or "no": by its flags. */
  readonly up: string
  /** "1": somebody is at the other end of its cable; "" of one that is down. */
  readonly carrier: string
  /** A line each. */
  readonly routes: string
}

/** @throws HostReadError */
export async function interfaceStanding(name: string, { host, acts }: Tools): Promise<InterfaceStanding> {
  const place = `/sys/class/net/${name}`
  const flags = Number((await host.files.readText(`${place}/flags`)).trim())
  // Of what is down the kernel does not say it.
  const carrier = await host.files.readText(`${place}/carrier`).catch((err: unknown) => {
    if (err instanceof HostReadError) return ''
    throw err
  })
  const routes = (await acts.routesBy(name)).slice(0, ROUTES_MAX).join('\n')
  return { up: (flags & IFF_UP) === 0 ? 'no' : 'yes', carrier: carrier.trim(), routes }
}

/** What it had and has not any more; "" where it stands as it did. Pure. @param before of {@link interfaceStanding}, as it was kept */
export function interfaceFault(name: string, before: Note, now: InterfaceStanding): string {
  if (now.up === 'no') return `${name} is down`
  if (before['carrier'] === '1' && now.carrier !== '1') return `${name} is up, and nobody is at its other end any more`
  const there = new Set(now.routes.split('\n'))
  const lost = (before['routes'] ?? '').split('\n').filter((route) => route !== '' && !there.has(route))
  if (lost.length === 0) return ''
  const more = lost.length > 3 ? ` and ${lost.length - 3} more` : ''
  return `${name} is up without the routes that it had: ${lost.slice(0, 3).join(', ')}${more}`
}
