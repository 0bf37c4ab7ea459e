/** Addresses as they are compared. Pure. */

const V4 = /^(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/

/**
 * "fd00:0::A" is "fd00::a"; a zone stays ("fe80::1%eth0"). An address of IPv4 is written in full.
 * @returns undefined: it is no address
 */
export function canonicalAddress(text: string): string | undefined {
  const [plain = '', zone] = text.split('%', 2)
  const suffix = zone === undefined ? '' : `%${zone}`
  if (plain.includes(':')) {
    const host = URL.parse(`http://[${plain}]/`)?.hostname
    return host === undefined ? undefined : `${host.slice(1, -1)}${suffix}`
  }
  return suffix === '' && V4.test(plain) ? plain : undefined
}
