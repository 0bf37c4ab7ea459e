/** Files that come with NPD, as they are, but for where their log lies. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Npd } from '../npd.ts'
import type { Case, Told } from '../types.ts'
import { at } from './log-lines.ts'

const SYSLOG = 'Jan  2 03:04:05 node-1 kernel: [ 4.000000] '

interface Shipped {
  readonly file: string
  readonly kind: 'system-log-monitor' | 'custom-plugin-monitor' | 'system-stats-monitor'
  readonly log: 'syslog' | 'none'
  readonly lines: readonly string[]
  /** Events that NPD makes of them. */
  readonly events: number
}

/** What the kernel writes of it, by the rules of kernel-monitor. */
const KERNEL = [
  'Killed process 1012 (heapster) total-vm:327128kB, anon-rss:306328kB, file-rss:11132kB, shmem-rss:12345kB',
  'task docker:20744 blocked for more than 120 seconds.',
  'unregister_netdevice: waiting for eth0 to become free. Usage count = 2',
  'BUG: unable to handle kernel NULL pointer dereference at 0000000000000020',
  'divide error: 0000 [#1] SMP',
  'EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm x: reading directory',
  'EXT4-fs warning (device sda1): ext4_end_bio:323: I/O error',
  'Buffer I/O error on dev sdb, logical block 0',
  'CE memory read error on CPU_SrcID#0_Ha#0_Chan#0_DIMM#0',
  'Remounting filesystem read-only',
  'this is nothing',
]

const FILES: readonly Shipped[] = [
  { file: 'kernel-monitor-filelog.json', kind: 'system-log-monitor', log: 'syslog', lines: KERNEL, events: 5 },
  {
    file: 'docker-monitor-filelog.json',
    kind: 'system-log-monitor',
    log: 'none',
    events: 1,
    lines: [
      'time="{now}" level=error msg="Error trying v2 registry: failed to register layer: rename /var/lib/docker/image/test /var/lib/docker/image/ddd: directory not empty"',
      'time="{now}" level=info msg="nothing"',
    ],
  },
]

/** The layout of syslog has neither year nor zone: this machine's own. */
function syslogNow(): string {
  const now = new Date()
  const part = (options: Intl.DateTimeFormatOptions): string => now.toLocaleString('en-US', options)
  const time = now.toLocaleTimeString('en-GB', { hour12: false })
  return `${part({ month: 'short' })} ${String(now.getDate()).padStart(2)} ${time}`
}

function lineOf(shipped: Shipped, text: string): string {
  if (shipped.log === 'syslog') return `${SYSLOG.replace(/^.{15}/, syslogNow())}${text}`
  return text.replaceAll('{now}', at())
}

async function shippedCase(npd: Npd, shipped: Shipped): Promise<Case> {
  const config = JSON.parse(await readFile(join(npd.config, shipped.file), 'utf8')) as Record<string, unknown>
  return {
    name: `shipped: ${shipped.file}`,
    flags: [`--config.${shipped.kind}={folder}/monitor.json`],
    files: { 'monitor.json': { ...config, logPath: '{folder}/log' }, log: '' },
    async steps(world) {
      await world.until(({ conditions }: Told) => Object.keys(conditions).length > 0)
      await world.append('log', ...shipped.lines.map((text) => lineOf(shipped, text)))
      await world.until(({ events }) => events.length >= shipped.events)
      await world.pass(1600)
    },
  }
}

/** Cases of the module's own files. */
export function shippedCases(npd: Npd): Promise<readonly Case[]> {
  return Promise.all(FILES.map((shipped) => shippedCase(npd, shipped)))
}
