/** A GPU of NVIDIA as PCI has it. Pure. */

/** A GPU on PCI. */
export interface PciGpu {
  /** "0000:83:00.0" */
  readonly place: string
  /** A display controller (0300) drives screens; a 3D controller (0302) is there to compute. */
  readonly kind: 'display' | 'compute'
  /** The kernel's driver that has it: "nvidia", "nouveau", "vfio-pci"; undefined: none has. */
  readonly driver: string | undefined
}

/** The lines `KEY=value` of a `uevent`. */
function keysOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split('\n')
      .flatMap((line) => [/^([A-Z_]+)=(.*)$/.exec(line)?.slice(1, 3) as [string, string]].filter(Boolean)),
  )
}

/** A GPU of NVIDIA by its `uevent`; undefined: it is something else. PCI_CLASS is hexadecimal without the leading 0: "30200". */
export function pciGpuOf(place: string, uevent: string): PciGpu | undefined {
  const keys = keysOf(uevent)
  const pciClass = /^(30[02])[0-9A-F]{2}$/i.exec(keys.get('PCI_CLASS') ?? '')?.[1]
  if (pciClass === undefined || !/^10DE:/i.test(keys.get('PCI_ID') ?? '')) return undefined
  return { place, kind: pciClass === '302' ? 'compute' : 'display', driver: keys.get('DRIVER') }
}

/** Whether a GPU was given away whole (to a virtual machine): what ails it is not this node's to see. */
export function isGivenAway({ driver }: PciGpu): boolean {
  return driver !== undefined && /^(?:vfio|pci-stub)/.test(driver)
}
