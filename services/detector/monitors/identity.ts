/**
 * Who stands where a monitor of ours may stand. What is not on every machine may have left its place to somebody else's plug-in of that
 * name, so that the place alone proves nothing. Pure.
 */
import { monitorOfCheck } from '#config'
import type { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { KnownMonitor } from './declare.ts'

/** @param described undefined of one that speaks the older protocol alone, which none of ours does */
export function takenAs(known: KnownMonitor, described: DescribeResponse | undefined): KnownMonitor {
  if (known.isByWord !== true) return known
  const isOurs =
    described?.name === known.name && described.checks.some(({ checkType }) => monitorOfCheck(checkType) === known.name)
  return isOurs ? known : { ...known, origin: 'discovered' }
}
