/** All cases. */
import type { Npd } from '../npd.ts'
import type { Case } from '../types.ts'
import { badFileCases } from './bad-files.ts'
import { filelogCases } from './filelog.ts'
import { flagCases } from './flags.ts'
import { pluginCases } from './plugin.ts'
import { shippedCases } from './shipped.ts'
import { statsCases } from './stats.ts'

/** @param npd whose own configuration some of them use */
export async function allCases(npd: Npd): Promise<readonly Case[]> {
  const cases = [
    ...filelogCases(),
    ...pluginCases(),
    ...statsCases(),
    ...badFileCases(),
    ...flagCases(),
    ...(await shippedCases(npd)),
  ]
  const twice = cases.find(({ name }, index) => cases.findIndex((other) => other.name === name) !== index)
  if (twice !== undefined) throw new Error(`two cases are called ${JSON.stringify(twice.name)}`)
  return cases
}
