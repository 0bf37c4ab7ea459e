/** What is known of the node itself, whatever the detector says. */
import { networkInterfaces } from 'node:os'
import type { Host } from '#host'
import type { NodeView } from '#view'

/** Name of the interface of the default route in /proc/net/route: destination and mask are zero. */
export function parseDefaultInterface(route: string): string | undefined {
  for (const line of route.split('\n').slice(1)) {
    const [name, destination, , , , , , mask] = line.trim().split(/\s+/)
    if (destination === '00000000' && mask === '00000000') return name
  }
  return undefined
}

/** Seconds since boot, the first number of /proc/uptime: "18953.24 70213.90". */
export function parseUptimeMs(uptime: string): number | undefined {
  const seconds = Number(uptime.split(' ', 1)[0])
  return Number.isFinite(seconds) && uptime !== '' ? seconds * 1000 : undefined
}

async function addressOf(host: Host): Promise<string> {
  const route = await host.files.readText('/proc/net/route').catch(() => '')
  const all = networkInterfaces()
  const preferred = all[parseDefaultInterface(route) ?? ''] ?? []
  const addresses = [...preferred, ...Object.values(all).flatMap((some) => some ?? [])]
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? ''
}

/** What cannot be read is left empty: the page says less then, and nothing wrong. */
export async function readIdentity(
  host: Host,
  about: { readonly name: string; readonly version: string; readonly now: Date },
): Promise<NodeView['node']> {
  const uptimeMs = await host.files.readText('/proc/uptime').then(parseUptimeMs, () => undefined)
  return {
    name: about.name,
    address: await addressOf(host),
    bootId: await host.bootId().catch(() => ''),
    ...(uptimeMs === undefined ? {} : { booted: new Date(about.now.getTime() - uptimeMs).toISOString() }),
    version: about.version,
  }
}
