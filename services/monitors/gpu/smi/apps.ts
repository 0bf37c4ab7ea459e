/** Processes that compute on GPUs, as `--query-compute-apps` prints them. Pure; never throws. */
import { parseTable } from './csv.ts'
import { readValue } from './values.ts'

/** What is asked. Not what a process is called: a line break in that would look like another process. */
export const APP_COLUMNS = ['gpu_uuid', 'pid', 'used_gpu_memory'] as const

/** The names that a driver may print for them. */
const NAMES: readonly (readonly string[])[] = [['gpu_uuid'], ['pid'], ['used_gpu_memory', 'used_memory']]

/** A process that holds memory of a GPU. */
export interface ComputeApp {
  readonly uuid: string
  readonly pid: number
  /** Undefined: it is not said. */
  readonly usedMib: number | undefined
}

function appOf([uuid = '', pid = '', used = '']: readonly string[]): ComputeApp[] {
  if (!/^\d{1,10}$/.test(pid)) return []
  const usedMib = readValue(used, 'number')
  return [{ uuid, pid: Number(pid), usedMib: usedMib.kind === 'number' ? usedMib.value : undefined }]
}

/** Undefined: that is no whole answer, so who is not named may be there. */
export function parseApps(text: string, isCut: boolean): readonly ComputeApp[] | undefined {
  const isColumn = (index: number, name: string) => NAMES[index]?.includes(name) === true
  const table = parseTable(text, APP_COLUMNS.length, { isColumn, isCut })
  return table === undefined || table.isCut || table.malformed > 0 ? undefined : table.rows.flatMap(appOf)
}
