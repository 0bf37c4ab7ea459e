/** What `nvidia-smi nvlink` and `topo` print. Pure; never throws. */

const LINES_MAX = 20_000
const LINKS_MAX = 64
/** "GPU 3: NVIDIA H200 (UUID: GPU-3f…)" at the beginning of a line; MIG devices stand below it, indented. */
const GPU = /^GPU (\d{1,3}): .*\(UUID: (GPU-[0-9a-f-]{1,64})\)\s*$/i
/** "	 Link 3: 26.562 GB/s", "	 Link 3: <inactive>" */
const LINK = /^\s+Link (\d{1,2}): (.{1,64}?)\s*$/
const SPEED = /^\d+(?:\.\d+)? [GM]B\/s$/
const INACTIVE = /^<?inactive>?$/i
/** "	 Link 3: CRC Errors: 0" */
const ERRORS = /^\s+Link (\d{1,2}): (Replay|Recovery|CRC) Errors: (\d{1,18})\s*$/

/** "Device does not have or support Nvlink", "NVML: Unable to retrieve NVLink information as all links are inActive" */
const NONE_UP = /does not have or support nvlink|all links are inactive/i

/** Links of one GPU that it says something of; neither up nor down: it says that none is up. */
export interface GpuLinks {
  readonly active: readonly number[]
  readonly inactive: readonly number[]
}

/** Errors of one GPU's links since the driver was loaded, all of them together. */
export interface LinkErrors {
  readonly replay: number
  readonly recovery: number
  readonly crc: number
}

/** Lines below each GPU, by its UUID; of one that stands there twice the first. */
function byGpu(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  let own: string[] | undefined
  for (const line of text.split('\n', LINES_MAX)) {
    const uuid = GPU.exec(line)?.[2]
    if (uuid === undefined) {
      own?.push(line)
      continue
    }
    own = found.has(uuid) ? undefined : []
    if (own !== undefined) found.set(uuid, own)
  }
  return found
}

function linksOf(lines: readonly string[]): GpuLinks | undefined {
  if (lines.some((line) => NONE_UP.test(line))) return { active: [], inactive: [] }
  const links = lines.flatMap((line) => {
    const [, link, word = ''] = LINK.exec(line) ?? []
    return link === undefined ? [] : [{ link: Number(link), word }]
  })
  const where = (form: RegExp) => links.filter(({ word }) => form.test(word)).map(({ link }) => link)
  const [active, inactive] = [where(SPEED), where(INACTIVE)]
  // A word that nobody knows is neither up nor down: then of this GPU nothing is known.
  const isUnderstood = links.length > 0 && links.length <= LINKS_MAX && active.length + inactive.length === links.length
  return isUnderstood ? { active, inactive } : undefined
}

/** Of `nvlink -s`, by UUID; whose links cannot be told (MIG, an error, a word that nobody knows) is not there. */
export function parseLinks(text: string): ReadonlyMap<string, GpuLinks> {
  return new Map(
    [...byGpu(text)].flatMap(([uuid, lines]): [string, GpuLinks][] => {
      const links = linksOf(lines)
      return links === undefined ? [] : [[uuid, links]]
    }),
  )
}

/** Of `nvlink -e`, by UUID; other counters of newer links are left out. */
export function parseLinkErrors(text: string): ReadonlyMap<string, LinkErrors> {
  return new Map(
    [...byGpu(text)].flatMap(([uuid, lines]): [string, LinkErrors][] => {
      const counters = lines.flatMap((line) => {
        const [, , kind = '', count = ''] = ERRORS.exec(line) ?? []
        return kind === '' ? [] : [{ kind: kind.toLowerCase(), count: Number(count) }]
      })
      if (counters.length === 0) return []
      const sum = (kind: string) =>
        counters.filter((one) => one.kind === kind).reduce((all, { count }) => all + count, 0)
      return [[uuid, { replay: sum('replay'), recovery: sum('recovery'), crc: sum('crc') }]]
    }),
  )
}

/** Two GPUs, by the numbers that nvidia-smi gives them now, and what the table says of them ("OK", "NS", "TNS"). */
export interface Reach {
  readonly from: number
  readonly to: number
  readonly word: string
}

/** Underlined for a terminal: ESC [4m … ESC [0m. */
const STYLE = new RegExp(`${String.fromCodePoint(27)}\\[\\d{1,3}m`, 'g')
const NAME = /^GPU(\d{1,3})$/
const WORD = /^[A-Z]{1,4}$/

/** Of `topo -p2p n`: every pair but a GPU and itself; empty where that is no such table. */
export function parseReach(text: string): readonly Reach[] {
  const rows = text
    .slice(0, 1_048_576)
    .replace(STYLE, '')
    .split('\n', LINES_MAX)
    .map((line) => line.split(/\s+/).filter((cell) => cell !== ''))
  const head = rows.find((cells) => cells.length > 0 && cells.every((cell) => NAME.test(cell)))
  if (head === undefined) return []
  const numbers = head.map((cell) => Number(NAME.exec(cell)?.[1]))
  return rows.flatMap((cells) => {
    const [name = '', ...words] = cells
    const from = NAME.exec(name)?.[1]
    if (cells === head || from === undefined || words.length < numbers.length) return []
    return numbers.flatMap((to, index) => {
      const word = words[index] ?? ''
      return to === Number(from) || !WORD.test(word) ? [] : [{ from: Number(from), to, word }]
    })
  })
}
