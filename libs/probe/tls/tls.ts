/** Who answers at a place, by his certificate. */
import type { TLSSocket } from 'node:tls'
import { unlessAborted } from '#clock'
import { asked } from '../ask.ts'
import { placeText } from '../failure.ts'
import { familyOf } from '../tcp/literal.ts'
import { openTcp } from '../tcp/open.ts'
import type { Ask, Place, Probed } from '../types.ts'
import { type Handshake, secured } from './handshake.ts'
import type { Trust } from './trust.ts'

/** With whom a handshake is tried. */
export interface TlsQuestion {
  readonly place: Place
  /** The name or address that its certificate has to be for; a name is also told to it (SNI). */
  readonly serverName: string
  readonly trust: Trust
}

/** What was shown, and how long it took. */
export interface TlsAnswer extends Handshake {
  readonly connectMs: number
  readonly handshakeMs: number
  /** Bytes that came of it until hands were shaken: whether it has shown that more than one packet gets through. */
  readonly receivedBytes: number
}

/** Our last word of the handshake is still to be sent: servers log each one that is left in the middle. */
async function farewell(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.once('error', () => resolve())
  socket.end(resolve)
  await unlessAborted(promise, signal).catch(() => undefined)
}

/**
 * Shakes hands and leaves. A certificate that nobody should trust is an answer, too: `verification` says what is wrong with it.
 * Beyond the handshake nothing is ever sent: no request, no token.
 * @throws TypeError for a name instead of an address
 */
export function probeTls(ask: Ask, { place, serverName, trust }: TlsQuestion): Promise<Probed<TlsAnswer>> {
  familyOf(place)
  const where = placeText(place)
  return asked(ask, where, async (signal) => {
    const begunMs = ask.clock.monotonicMs()
    using open = await openTcp(place, signal)
    const connectedMs = ask.clock.monotonicMs()
    const { socket, handshake } = await secured(open, { clock: ask.clock, trust, serverName, where }, signal)
    const handshakeMs = ask.clock.monotonicMs() - connectedMs
    const receivedBytes = open.socket.bytesRead
    await farewell(socket, signal)
    return { ...handshake, connectMs: connectedMs - begunMs, handshakeMs, receivedBytes }
  })
}
