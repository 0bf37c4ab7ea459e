/** PCI addresses as the driver, the kernel and sysfs write them, in one form. Pure. */

/** "00000000:83:00.0" of nvidia-smi, "0000:83:00" of the kernel's log, "0000:83:00.0" of sysfs. */
const ADDRESS = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{2}):([0-9a-f]{2})(?:\.[0-7])?$/i

/**
 * The place of a device: domain of at least four digits, bus and device, in lower case, without its function ("0000:83:00").
 * Undefined: that is no address. Without a domain it is the first one's.
 */
export function placeOf(text: string): string | undefined {
  const [, domain = '0', bus, device] = ADDRESS.exec(text.trim()) ?? []
  if (bus === undefined || device === undefined) return undefined
  return `${domain.replace(/^0+/, '').padStart(4, '0')}:${bus}:${device}`.toLowerCase()
}
