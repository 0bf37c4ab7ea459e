/** A GPU of NVIDIA as PCI has it. Pure. */

/** A GPU on PCI. */
export interface PciGpu {
  /** "0000:83:00.0" */
  readonly place: string
  /** A display controller (0300) drives screens; a 3D controller (0302) is there to compute. */
  readonly kind: 'display' | 'compute'
  /** Its model, as PCI numbers it: "0x2330"; undefined: it cannot be read. */
  readonly device?: string | undefined
  /** The kernel's driver that has it: "nvidia", "nouveau", "vfio-pci"; undefined: none has. */
  readonly driver: string | undefined
}

const NVIDIA = '0x10de'
/** PCI's codes: a VGA controller (0300) or a 3D controller (0302); the last two digits are an interface. */
const GPU = /^0x030[02]/

/** What a PCI device of NVIDIA is there for, by its files `vendor` and `class` ("0x10de", "0x030200"); undefined: it is no GPU of NVIDIA. */
export function nvidiaGpuKind(vendor: string | undefined, pciClass: string | undefined): PciGpu['kind'] | undefined {
  if (vendor?.trim() !== NVIDIA || pciClass === undefined || !GPU.test(pciClass)) return undefined
  return pciClass.startsWith('0x0302') ? 'compute' : 'display'
}

/** A PCI device's file `device` ("0x2330\n"); undefined: it says something else. */
export function nvidiaDevice(text: string | undefined): string | undefined {
  return /^0x[0-9a-f]{4}$/.exec(text?.trim() ?? '')?.[0]
}

/** vfio-pci, and what begins otherwise: nvgrace-gpu-vfio-pci, xen-pciback (which sysfs calls pciback). */
const GIVEN_AWAY = /^vfio|vfio[-_]pci$|^pci-stub$|pciback$/

/** Whether a GPU was given away whole (to a virtual machine): what ails it is not this node's to see. */
export function isGivenAway({ driver }: Pick<PciGpu, 'driver'>): boolean {
  return driver !== undefined && GIVEN_AWAY.test(driver)
}
