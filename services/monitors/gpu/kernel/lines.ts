/** Where the kernel's log has lines alone: which of them are the kernel's own words, and no part of somebody's name. Pure. */

/**
 * The driver's own, and of devices: no name of a process begins so, since it has 15 bytes, and none of these holds a longer name.
 * "NVRM: Xid (PCI:0000:83:00): 79, …", "nvidia-nvswitch0: SXid (PCI:…", "pcieport 0000:80:01.0: AER: …"
 */
const OWN = [
  /^NVRM: (?:GPU at PCI|Xid \((?:PCI:)?[0-9a-f]{4,8}:[0-9a-f]{2}|GPU [0-9a-f]{4,8}:[0-9a-f]{2}|\(PCI ID: [0-9a-f])/i,
  /^NVRM: (?:The NVIDIA|API mismatch|has the version|the version \d{2}|fallen off the|installed in this|loading NVIDIA|rm_init_adapter)/,
  /^nvidia-nvswitch\d{1,3}: SXid \(/,
  /^[\w-]{1,32} [0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]: (?:AER: |PCIe | {2})/i,
] as const

/**
 * Any other line of the driver, as the serial number of a board that it prints in the same microsecond before the board's first XID. In a line
 * that ends with a file's name there is a process before it, "NAME[7]: segfault", whose name has 15 bytes: none whose first bracket comes later
 * is one. XIDs, which end with a name too, are not among them.
 */
const OF_DRIVER = /^NVRM: (?!Xid \()[^[]{11,}/
const XID = /^NVRM: Xid \((?:PCI:)?[0-9a-f]{4,8}:[0-9a-f]{2}/i

/** Lines as they come. */
export interface Lines {
  /**
   * Whether it is heard. In "x[7]: segfault at … in NAME" a file's name may have a line break, and what is behind it has all that a line of
   * the kernel's has: time, level, and words. So what may be a part of a line is heard only behind the driver's own.
   */
  hears(text: string, mayBePart: boolean): boolean
}

export function createLines(): Lines {
  let isOwn = false
  let isOfDriver = false
  return {
    hears(text, mayBePart) {
      const isHeard = !mayBePart || isOwn || (isOfDriver && XID.test(text))
      isOwn = isHeard && OWN.some((own) => own.test(text))
      isOfDriver = isHeard && OF_DRIVER.test(text)
      return isHeard
    },
  }
}
