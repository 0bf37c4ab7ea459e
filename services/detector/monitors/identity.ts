/**
 * Who stands where a monitor of ours may stand. What is not on every machine may have left its place to somebody else's plug-in of that
 * name, so that the place alone proves nothing.
 */
import { monitorOfCheck } from '#config'
import type { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { OpenChannel } from './channel.ts'
import type { KnownMonitor } from './declare.ts'

/** Who starts answers as soon as it listens, and others wait meanwhile for the look to end. */
const ASKED_MS = 1000

/** As a monitor of ours describes itself on a machine without what it watches. */
function saysNothing({ checks, conditionTypes, metrics }: DescribeResponse): boolean {
  return checks.length === 0 && conditionTypes.length === 0 && metrics.length === 0
}

function isOurs(name: string, described: DescribeResponse): boolean {
  if (described.name !== name) return false
  return saysNothing(described) || described.checks.some(({ checkType }) => monitorOfCheck(checkType) === name)
}

/** @param described undefined of one that speaks the older protocol alone, which none of ours does */
export function takenAs(known: KnownMonitor, described: DescribeResponse | undefined): KnownMonitor {
  if (known.isByWord !== true) return known
  return described !== undefined && isOurs(known.name, described) ? known : { ...known, origin: 'discovered' }
}

/**
 * Whether it is, by what it says of itself now, the monitor of ours that it is known as. A name alone proves nothing to whoever would take
 * the place of one that has spoken here.
 */
export async function describesItself(known: KnownMonitor, open: OpenChannel): Promise<boolean> {
  const channel = open(known.socket)
  try {
    const described = await channel.describe(ASKED_MS).catch(() => undefined)
    if (known.isByWord !== true || described === undefined || saysNothing(described)) return false
    return takenAs(known, described) === known
  } finally {
    channel.close()
  }
}
