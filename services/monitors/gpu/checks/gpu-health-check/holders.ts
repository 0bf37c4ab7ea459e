/** Who holds memory of GPUs, in what `nvidia-smi -q` prints: also who draws, and virtual machines. Pure; never throws. */
import { placeOf } from '../../cards/pci.ts'

/** Of one GPU. */
export interface Holders {
  /** How many processes hold some, of whatever kind; undefined: that is not said. */
  readonly processes: number | undefined
  /** Virtual machines have parts of it, which no process of this node shows. */
  readonly isShared: boolean
}

const LINES_MAX = 100_000
const GPU = /^GPU ([0-9A-Fa-f:.]+)\s*$/
/** "    Processes                                          : None" */
const NOBODY = /^ {4}Processes\s*: None\s*$/
/** "        Process ID                        : 2165" */
const PROCESS = /^ {8}Process ID\s*: \d+\s*$/
/** "        Virtualization Mode                            : Host VGPU" */
const SHARED = /^ {8}Virtualization Mode\s*: Host V(?:GPU|SGA)\s*$/

function holdersOf(lines: readonly string[]): Holders {
  const processes = lines.filter((line) => PROCESS.test(line)).length
  const isSaid = processes > 0 || lines.some((line) => NOBODY.test(line))
  return { processes: isSaid ? processes : undefined, isShared: lines.some((line) => SHARED.test(line)) }
}

/** By place. One that is there twice is not: what a process is called may look like a GPU. */
export function holdersIn(text: string): ReadonlyMap<string, Holders> {
  const sections = new Map<string, string[]>()
  const twice = new Set<string>()
  let own: string[] | undefined
  for (const line of text.split('\n', LINES_MAX)) {
    const [, address] = GPU.exec(line) ?? []
    if (address === undefined) own?.push(line)
    else {
      const place = placeOf(address) ?? ''
      if (sections.has(place)) twice.add(place)
      own = []
      sections.set(place, own)
    }
  }
  const single = [...sections].filter(([place]) => place !== '' && !twice.has(place))
  return new Map(single.map(([place, lines]) => [place, holdersOf(lines)]))
}
