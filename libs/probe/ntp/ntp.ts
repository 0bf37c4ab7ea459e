/** How far this machine's clock is from a server's. */
import { randomBytes } from 'node:crypto'
import type { Clock } from '#clock'
import { asked, ProbeFailedError } from '../ask.ts'
import { placeText } from '../failure.ts'
import { familyOf } from '../tcp/literal.ts'
import type { Ask, Place, Probed } from '../types.ts'
import { openDatagrams } from './datagrams.ts'
import { evaluateNtp, type Moment, type NtpAnswer } from './evaluate.ts'
import { parsePacket, requestPacket } from './packet.ts'

/** A reading between whose ends nobody took the processor away is had at the first try, but where there is next to none. */
const READINGS = 8
const DOUBT_MS = 0.1

/** Reads both clocks as close together as can be. */
export function momentOf(clock: Clock): Moment {
  let best: Moment | undefined
  for (let i = 0; i < READINGS && !(best !== undefined && best.doubtMs <= DOUBT_MS); i++) {
    const beforeMs = clock.monotonicMs()
    const wallMs = clock.now().getTime()
    const doubtMs = clock.monotonicMs() - beforeMs
    if (best === undefined || doubtMs < best.doubtMs) best = { wallMs, monotonicMs: beforeMs, doubtMs }
  }
  return best as Moment
}

/**
 * Asks a server once by SNTP (RFC 5905, version 4). What does not answer this question, from there, is not listened to. A server that
 * does not know the time, or wants to be left alone, is an answer.
 * @throws TypeError for a name instead of an address
 */
export function probeNtp(ask: Ask, place: Place): Promise<Probed<NtpAnswer>> {
  familyOf(place)
  const where = placeText(place)
  return asked(ask, where, async (signal) => {
    using datagrams = await openDatagrams(place)
    const { promise, resolve, reject } = Promise.withResolvers<NtpAnswer>()
    const nonce = randomBytes(8)
    let strangers = 0
    const late = (): void => {
      const message = `what came from ${where} is no answer of NTP to what was asked`
      reject(strangers > 0 ? new ProbeFailedError({ kind: 'malformed', code: '', message }) : signal.reason)
    }
    let begun: Moment | undefined
    datagrams.socket.on('error', reject)
    datagrams.socket.on('message', (bytes) => {
      const packet = parsePacket(bytes, nonce)
      const answer = packet && begun && evaluateNtp(packet, begun, momentOf(ask.clock))
      if (answer === undefined) strangers++
      else resolve(answer)
    })
    signal.addEventListener('abort', late, { once: true })
    if (signal.aborted) late()
    begun = momentOf(ask.clock)
    const sent = datagrams.send(requestPacket(nonce))
    sent.catch(reject)
    return await promise
  })
}
