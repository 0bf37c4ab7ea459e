/** A GPU as every source of this monitor calls it. Pure. */

/** A GPU in its slot. */
export interface Card {
  /** Its PCI place, by `placeOf`: "0000:83:00". */
  readonly place: string
  /** "GPU-3f…"; undefined: nobody has told it yet. */
  readonly uuid: string | undefined
  /** As nvidia-smi counts it now: another one after a reset or a reboot, so it is a name for people alone. */
  readonly index: number | undefined
  /** "H200"; '' while it is not known. */
  readonly name: string
}

/** What names a GPU in a condition: "gpu:GPU-3f…", while the UUID is not known "gpu:0000:83:00". */
export function entityOf({ place, uuid }: Pick<Card, 'place' | 'uuid'>): string {
  return `gpu:${uuid ?? place}`
}

/** What people read in its place: "GPU 3, H200"; without an index "GPU 0000:83:00". */
export function subjectOf({ place, index, name }: Pick<Card, 'place' | 'index' | 'name'>): string {
  return `GPU ${index ?? place}${name === '' ? '' : `, ${name}`}`
}

/** The name of a product without its maker, who is the same of all: "NVIDIA H100 80GB HBM3" is "H100 80GB HBM3". */
export function productOf(name: string): string {
  return name.trim().replace(/^NVIDIA\s+/i, '')
}
