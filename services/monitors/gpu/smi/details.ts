/** What `nvidia-smi -q` prints: sections by indentation, "Key : Value". Pure; never throws. */
import { placeOf } from '../cards/pci.ts'

/** Of one GPU: "ECC Errors/Channel Repair Pending" is "No". */
export interface GpuDetails {
  readonly place: string
  readonly values: ReadonlyMap<string, string>
}

const LINES_MAX = 100_000
const VALUES_MAX = 2_000
/** "GPU 00000000:83:00.0" at the beginning of a line. */
const GPU = /^GPU ([0-9A-Fa-f:.]+)\s*$/
/** "        Replays Since Reset                            : 0"; a section has no value. */
const LINE = /^(\s+)([^:]{1,100}?)\s*(?: : ?(.*))?$/

/** Names of the sections that a line stands in, by their indentation. */
function createPath() {
  const open: { readonly indent: number; readonly name: string }[] = []
  return {
    enter(indent: number, name: string): string {
      while ((open.at(-1)?.indent ?? -1) >= indent) open.pop()
      open.push({ indent, name })
      return open.map((one) => one.name).join('/')
    },
    leave(): void {
      open.length = 0
    },
  }
}

/**
 * Details of each GPU, as they are printed. Processes are left out: what they are called may be anything.
 * @returns empty where nothing is understood
 */
export function parseDetails(text: string): readonly GpuDetails[] {
  const found = new Map<string, Map<string, string>>()
  const path = createPath()
  let values: Map<string, string> | undefined
  for (const line of text.split('\n', LINES_MAX)) {
    const gpu = GPU.exec(line)
    if (gpu !== null) {
      const place = placeOf(gpu[1] ?? '')
      values = place === undefined || found.has(place) ? undefined : new Map()
      if (place !== undefined && values !== undefined) found.set(place, values)
      path.leave()
      continue
    }
    const [, indent, name = '', value] = LINE.exec(line.trimEnd()) ?? []
    if (indent === undefined || values === undefined || values.size >= VALUES_MAX) continue
    const key = path.enter(indent.length, name.trim())
    if (value !== undefined && !key.startsWith('Processes')) values.set(key, value.trim())
  }
  return [...found].map(([place, own]) => ({ place, values: own }))
}
