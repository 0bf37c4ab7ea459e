/** How long the node has been up, and what runs on it. */
import type { Host } from '#host'
import { decimal, fields, observe, understood } from '#monitor-kit/source'
import { statOf } from '../metrics.ts'
import { osVersionOf, parseOsRelease } from '../parse/os-release.ts'
import { type Collected, type Collector, collected, isWanted, NOTHING, together } from './types.ts'

/** Where it stands, the next where the one before is not there (os-release(5)). */
const OS_RELEASE = ['/etc/os-release', '/usr/lib/os-release'] as const

async function readOsVersion(host: Host): Promise<string> {
  const [usual, spare] = OS_RELEASE
  const path = (await host.files.exists(usual)) || !(await host.files.exists(spare)) ? usual : spare
  const text = await host.files.readText(path)
  return understood(path, text, osVersionOf(parseOsRelease(text)), 'ID=debian and VERSION="12 (bookworm)"')
}

async function readKernelVersion(host: Host): Promise<string> {
  const path = '/proc/sys/kernel/osrelease'
  const text = await host.files.readText(path)
  return understood(path, text, text.trim() === '' ? undefined : text.trim(), '6.1.0-18-amd64')
}

/** sysinfo(2) counts a second that has begun. */
export function parseUptime(text: string): number | undefined {
  const parts = fields(text.trimEnd())
  const seconds = decimal(parts[0])
  return parts.length < 2 || seconds === undefined ? undefined : Math.ceil(seconds)
}

async function readUptime(host: Host): Promise<number> {
  const path = '/proc/uptime'
  const text = await host.files.readText(path)
  return understood(path, text, parseUptime(text), '9265.41 18011.92')
}

/** Collects the section "host". What runs there and cannot be told is an empty label; the uptime is told all the same. */
export function createHostCollector(): Collector {
  return {
    section: 'host',
    async collect({ host, plan }): Promise<Collected> {
      if (!isWanted(plan, ['host/uptime'])) return NOTHING
      const [uptime, kernel, system] = await Promise.all([
        observe(() => readUptime(host)),
        observe(() => readKernelVersion(host)),
        observe(() => readOsVersion(host)),
      ])
      const labels = [kernel, system].map((reading) => (reading.ok ? reading.value : ''))
      return together([
        collected(uptime, (seconds) => [statOf('host/uptime', seconds, ...labels)]),
        collected<unknown>(kernel, () => []),
        collected<unknown>(system, () => []),
      ])
    },
  }
}
