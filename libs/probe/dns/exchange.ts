/** One question sent to one place, and what comes back: by UDP and by TCP. */
import { createSocket } from 'node:dgram'
import { connect, isIPv6, type Socket } from 'node:net'
import { ProbeFailedError } from '../ask.ts'
import type { Place } from '../types.ts'
import { createFrames } from './frames.ts'

/** What is sent to whom, and until when. */
export interface Exchange<Reply> {
  readonly place: Place
  /** The same for people: "127.0.0.1:53 over TCP". */
  readonly where: string
  readonly query: Buffer
  /** Told each message of that place; undefined: not this one. What it throws ends the exchange. */
  readonly read: (message: Buffer) => Reply | undefined
  /** Told of each part of a message that came by TCP: "17 of 1200 bytes of an answer"; "" when it is whole. */
  readonly onPart: (text: string) => void
  readonly signal: AbortSignal
}

/** Settles once: by a reply, by an error, or by the signal. */
function settlement<Reply>({ read, signal }: Exchange<Reply>) {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const take = (message: Buffer) => {
    try {
      const reply = read(message)
      if (reply !== undefined) resolve(reply)
    } catch (err) {
      reject(err)
    }
  }
  return { promise, reject, take, [Symbol.dispose]: () => signal.removeEventListener('abort', onAbort) }
}

type Found = (err: null, address: string, family: number) => void

/**
 * Addresses are literal: nobody is asked for them, and `getaddrinfo` would hold a thread of the pool. Told one tick later: a socket
 * whose bind fails before `connect` has returned never closes (Node 24).
 */
function literally(address: string, _options: unknown, found: Found): void {
  process.nextTick(found, null, address, isIPv6(address) ? 6 : 4)
}

/**
 * By UDP, from a port of the kernel's choice. The socket is connected: what others send to it is thrown away by the kernel, and a
 * closed port there is an error here (ECONNREFUSED).
 * @throws the signal's reason, an error of the socket, or what `read` throws
 */
export async function exchangeUdp<Reply>(exchange: Exchange<Reply>): Promise<Reply> {
  const { address, port } = exchange.place
  using settled = settlement(exchange)
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', lookup: literally })
  socket.on('error', settled.reject)
  socket.on('message', settled.take)
  socket.once('connect', () => socket.send(exchange.query, (err) => err === null || settled.reject(err)))
  try {
    socket.connect(port, address)
    return await settled.promise
  } finally {
    await new Promise<void>((closed) => socket.close(closed))
  }
}

/** The other side has ended the connection without an answer. */
function brokenOff(where: string, halfText: string): ProbeFailedError {
  const message = `${where} closed the connection ${halfText === '' ? 'without an answer' : `after ${halfText}`}`
  return new ProbeFailedError({ kind: halfText === '' ? 'reset' : 'malformed', code: '', message })
}

async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    socket.destroy()
  })
}

/**
 * By TCP: a connection for this question. Messages with another id are read over, as from who answers in another order.
 * @throws the signal's reason, an error of the socket, what `read` throws, or a ProbeFailedError where the connection ends before
 * the answer does
 */
export async function exchangeTcp<Reply>(exchange: Exchange<Reply>): Promise<Reply> {
  const { address, port } = exchange.place
  using settled = settlement(exchange)
  const frames = createFrames(settled.take)
  const socket = connect({ host: address, port, noDelay: true })
  socket.on('error', settled.reject)
  socket.on('data', (chunk) => {
    frames.push(chunk)
    exchange.onPart(frames.halfText())
  })
  socket.once('end', () => settled.reject(brokenOff(exchange.where, frames.halfText())))
  const length = Buffer.alloc(2)
  length.writeUInt16BE(exchange.query.length)
  socket.write(Buffer.concat([length, exchange.query]))
  try {
    return await settled.promise
  } finally {
    await closed(socket)
  }
}
