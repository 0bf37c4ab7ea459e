/** The kernel's table of connections, from /proc. */
import type { Host } from '#host'
import { type Reading, unobserved } from '#monitor-kit/evaluate'
import { complete, count, fields, observe, understood } from '#monitor-kit/source'

/** How full the table is. */
export interface TableUse {
  readonly entries: number
  /** 0: as many as there is memory for. */
  readonly max: number
}

/** Since the network was made, over all processors. */
export interface TableLosses {
  /** Packets that were dropped for want of an entry, and those that lost a race, which `insertFailed` has too (nf_ct_resolve_clash). */
  readonly dropped: number
  /** Entries that had to go to make room (early_drop). */
  readonly thrownOut: number
  /** Connections that could not be entered, since another packet had entered them meanwhile. */
  readonly insertFailed: number
}

export interface ConntrackReading {
  /** Undefined: this kernel tracks no connections. */
  readonly use: Reading<TableUse | undefined>
  readonly losses: Reading<TableLosses | undefined>
}

const FOLDER = '/proc/sys/net/netfilter'
const STAT = '/proc/net/stat/nf_conntrack'

/** A column of /proc/net/stat/nf_conntrack: hexadecimal, 32 bits. */
function hex(text: string | undefined): number | undefined {
  return text !== undefined && /^[\da-f]{8,16}$/i.test(text) ? Number.parseInt(text, 16) : undefined
}

/**
 * /proc/net/stat/nf_conntrack: a line of names, and one of hexadecimal numbers for each processor:
 *
 *     entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop …
 *     00000017  00000000 00000000 …
 */
export function parseLosses(text: string): TableLosses | undefined {
  const [head = '', ...rows] = text.split('\n').filter((line) => line !== '')
  const names = fields(head)
  const columns = ['drop', 'early_drop', 'insert_failed'].map((name) => names.indexOf(name))
  if (rows.length === 0 || columns.some((column) => column < 0)) return undefined
  const numbers = rows.map((row) => complete(columns.map((column) => hex(fields(row)[column]))))
  const all = complete(numbers)
  const sum = (column: number) => (all ?? []).reduce((total, row) => total + row[column]!, 0)
  return all === undefined ? undefined : { dropped: sum(0), thrownOut: sum(1), insertFailed: sum(2) }
}

async function readCount(host: Host, path: string): Promise<number> {
  const text = await host.files.readText(path)
  return understood(path, text, count(text.trim()), '262144')
}

async function readUse(host: Host): Promise<TableUse> {
  const [entries, max] = await Promise.all([
    readCount(host, `${FOLDER}/nf_conntrack_count`),
    readCount(host, `${FOLDER}/nf_conntrack_max`),
  ])
  return { entries, max }
}

/** Without the module there is no such folder, or no such file in it. A /proc that has no network at all says nothing. */
async function isTracking(host: Host): Promise<boolean> {
  if (await host.files.exists(`${FOLDER}/nf_conntrack_count`)) return true
  if (await host.files.exists(`${FOLDER}/nf_conntrack_max`)) return true
  await host.files.list('/proc/sys/net')
  return false
}

export async function readConntrack(host: Host): Promise<ConntrackReading> {
  const tracking = await observe(() => isTracking(host))
  if (!tracking.ok) return { use: tracking, losses: unobserved(tracking.reason, tracking.message) }
  if (!tracking.value) return { use: { ok: true, value: undefined }, losses: { ok: true, value: undefined } }
  const [use, losses] = await Promise.all([
    observe(() => readUse(host)),
    // Kernels without CONFIG_NF_CONNTRACK_PROCFS do not count for /proc.
    observe(async () => {
      if (!(await host.files.exists(STAT))) return undefined
      const text = await host.files.readText(STAT)
      return understood(STAT, text, parseLosses(text), 'entries searched … insert_failed drop early_drop …')
    }),
  ])
  return { use, losses }
}
