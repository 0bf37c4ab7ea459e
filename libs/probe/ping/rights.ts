/** Whether this process may send echo requests. */
import { type Files, HostReadError } from '#host'

const RANGE = '/proc/sys/net/ipv4/ping_group_range'
const STATUS = '/proc/self/status'
/** capabilities(7) */
const CAP_NET_RAW = 13n

/**
 * Whether one of the groups is within the range that the kernel lets send echo requests without any right, of IPv4 and of IPv6 (icmp(7)).
 * @param range "0 2147483647"; "1 0" is nobody
 */
export function isWithin(range: string, groups: readonly number[]): boolean {
  const [, low, high] = /^\s*(\d+)\s+(\d+)\s*$/.exec(range) ?? []
  if (low === undefined || high === undefined) return false
  return groups.some((group) => Number(low) <= group && group <= Number(high))
}

function ownGroups(): readonly number[] {
  return [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])]
}

/**
 * Whether the process has CAP_NET_RAW, by which the program may ask where the range does not let it.
 * @param status of /proc/self/status
 */
export function hasNetRaw(status: string): boolean {
  const [, effective = '0'] = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status) ?? []
  return ((BigInt(`0x${effective}`) >> CAP_NET_RAW) & 1n) === 1n
}

/** Undefined where it cannot be read. */
async function textOf(files: Pick<Files, 'readText'>, path: string): Promise<string | undefined> {
  try {
    return await files.readText(path)
  } catch (err) {
    if (err instanceof HostReadError) return undefined
    throw err
  }
}

/** Whether `ping` works here; what cannot be read is no. It costs 0.2 ms, and may change while a process runs. */
export async function mayPing(
  files: Pick<Files, 'readText'>,
  groups: readonly number[] = ownGroups(),
): Promise<boolean> {
  if (isWithin((await textOf(files, RANGE)) ?? '', groups)) return true
  return hasNetRaw((await textOf(files, STATUS)) ?? '')
}
