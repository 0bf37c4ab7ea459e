/** Whether a file that is given by itself is one of NPD's, and under which key of `npd` it would be named. */
import { BYTES_MAX, readBounded } from '../tree/read-file.ts'
import { JsonError, parseJson } from './json.ts'
import { kindOf } from './kind-of.ts'
import { NPD_LISTS } from './kinds.ts'

/** A key of `npd` that names files. */
export type NpdList = (typeof NPD_LISTS)[keyof typeof NPD_LISTS]

/** Of JSON that cannot be read: what only a file of an external monitor has, and keys that no configuration of ours begins with. */
const EXTERNAL = /"plugin"\s*:\s*"external"|"socket(?:Address|Path)"\s*:/
const KEY = /"(?:plugin|pluginConfig|rules|metricsConfigs|invokeInterval|logPath|lookback)"\s*:/
const OWN = /["']?(?:kind["']?\s*:\s*["']?NodeDoctorConfig|apiVersion["']?\s*:\s*["']?node-doctor\.io)/

/** By what stands in it; what cannot be read as JSON may be named under any. */
function npdListIn(text: string): NpdList | undefined {
  if (!/^\s*\{/.test(text) || OWN.test(text)) return undefined
  try {
    const kind = kindOf(parseJson(text))
    return kind && NPD_LISTS[kind]
  } catch (err) {
    if (!(err instanceof JsonError)) throw err
    if (!KEY.test(text)) return undefined
    return EXTERNAL.test(text) ? NPD_LISTS.external : NPD_LISTS.log
  }
}

/** Undefined also where it cannot be read. */
export async function npdListOf(path: string): Promise<NpdList | undefined> {
  try {
    const bytes = await readBounded(path)
    return bytes === undefined || bytes.length > BYTES_MAX ? undefined : npdListIn(bytes.toString('utf8'))
  } catch (err) {
    if (err instanceof Error && 'code' in err) return undefined
    throw err
  }
}
