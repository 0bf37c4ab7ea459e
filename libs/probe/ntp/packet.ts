/** A packet of NTP version 4 (RFC 5905), as a client of SNTP sends and reads it. */

export const PACKET_BYTES = 48
/** What a client sends is nobody else's: no leap warning, version 4, mode 3. */
const CLIENT_V4 = 0x23
const MODE_SERVER = 4
const VERSIONS: readonly number[] = [3, 4]
/** Seconds from 1900 to 1970. */
const NTP_TO_UNIX_S = 2_208_988_800n
/** Where the transmit timestamp stands; of a request it is a random number. */
const TRANSMIT_AT = 40

/** What a server says in the answer to a request of ours. */
export interface NtpPacket {
  /** 0 none, 1 a minute of 61 seconds, 2 of 59, 3 the clock is not synchronised. */
  readonly leap: number
  /** 0 a word instead of the time, 1 a clock, 2 to 15 so many servers away from one, 16 and more not synchronised. */
  readonly stratum: number
  /** Of stratum 0 and 1 a word of four letters, without those that are none. */
  readonly reference: string
  readonly rootDelayMs: number
  readonly rootDispersionMs: number
  /** When the request came there and the answer left: 64 bits, seconds since 1900 (modulo 2^32) above their fractions. */
  readonly receive: bigint
  readonly transmit: bigint
}

/** @param nonce the eight random bytes that the answer has to bring back; they tell nobody our time */
export function requestPacket(nonce: Uint8Array): Uint8Array {
  const packet = new Uint8Array(PACKET_BYTES)
  packet[0] = CLIENT_V4
  packet.set(nonce.subarray(0, 8), TRANSMIT_AT)
  return packet
}

/** The answer to the request with this nonce; undefined for what is none. Never throws. */
export function parsePacket(bytes: Uint8Array, nonce: Uint8Array): NtpPacket | undefined {
  if (bytes.length < PACKET_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const first = view.getUint8(0)
  const isAnswer = (first & 7) === MODE_SERVER && VERSIONS.includes((first >> 3) & 7)
  if (!isAnswer || !nonce.every((byte, at) => bytes[24 + at] === byte)) return undefined
  return {
    leap: first >> 6,
    stratum: view.getUint8(1),
    reference: wordIn(bytes.subarray(12, 16)),
    rootDelayMs: (view.getUint32(4) / 65_536) * 1000,
    rootDispersionMs: (view.getUint32(8) / 65_536) * 1000,
    receive: view.getBigUint64(32),
    transmit: view.getBigUint64(TRANSMIT_AT),
  }
}

function wordIn(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes).replaceAll(/[^A-Za-z0-9]/g, '')
}

/** A moment of the Unix clock as NTP writes it. @param unixMs may have a fraction */
export function toTimestamp(unixMs: number): bigint {
  const microseconds = BigInt(Math.round(unixMs * 1000))
  return BigInt.asUintN(64, (microseconds << 32n) / 1_000_000n + (NTP_TO_UNIX_S << 32n))
}

/** From `earlier` to `later` in milliseconds, negative where it is the other way round; of two that are less than 68 years apart. */
export function betweenMs(earlier: bigint, later: bigint): number {
  return (Number(BigInt.asIntN(64, later - earlier)) / 2 ** 32) * 1000
}
