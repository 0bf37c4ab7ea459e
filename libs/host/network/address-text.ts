/** Addresses as the kernel writes them in /proc, and as people do. */

/** "0100010A" → "10.1.0.1": the number as this machine has it in memory, least byte first (x64, arm64). undefined: no such number. */
export function ipv4Of(hex: string): string | undefined {
  if (!/^[\dA-Fa-f]{8}$/.test(hex)) return undefined
  const number = Number.parseInt(hex, 16)
  return `${number & 255}.${(number >>> 8) & 255}.${(number >>> 16) & 255}.${number >>> 24}`
}

/** The length of a mask in that writing: "00FFFFFF" → 24. undefined: no mask. */
export function maskLength(hex: string): number | undefined {
  if (!/^[\dA-Fa-f]{8}$/.test(hex)) return undefined
  const bytes = Buffer.from(hex, 'hex')
  const behind = ~bytes.readUInt32LE() >>> 0
  // Ones alone are behind the network's part.
  return (behind & (behind + 1)) === 0 ? Math.clz32(behind) : undefined
}

/** "20010db8000100000000000000000002" → "2001:db8:1::2", as RFC 5952 has it. undefined: not 32 digits. */
export function ipv6Of(hex: string): string | undefined {
  if (!/^[\dA-Fa-f]{32}$/.test(hex)) return undefined
  const words = Array.from({ length: 8 }, (_, at) => Number.parseInt(hex.slice(at * 4, at * 4 + 4), 16).toString(16))
  // The longest run of zeros, the first of equals; one word alone stays.
  let [from, length] = [0, 1]
  for (let at = 0; at < 8; at++) {
    let end = at
    while (end < 8 && words[end] === '0') end++
    if (end - at > length) [from, length] = [at, end - at]
  }
  if (length === 1) return words.join(':')
  return `${words.slice(0, from).join(':')}::${words.slice(from + length).join(':')}`
}
