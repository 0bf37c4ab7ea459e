/**
 * A bus that takes nothing that D-Bus does not say, and answers as a test tells it to: whole, in pieces, wrong, or not at all. Its
 * messages are written here by themselves, from the specification, and read by the library's reader alone after a strict look.
 */
import { createServer, type Socket } from 'node:net'

/** What it does at each step. */
export interface BusScript {
  /** What it says to the proof of who we are. Default: what dbus-daemon says. */
  readonly auth?: string
  /** What it answers to a call: messages of {@link reply}; undefined: nothing. Default of Hello: a name. */
  readonly answer?: (call: StrictCall) => Buffer | undefined
  /** How what it says is handed over. Default: at once. */
  readonly send?: (socket: Socket, bytes: Buffer) => void
}

/** A call as it came. */
export interface StrictCall {
  readonly serial: number
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly destination: string
  readonly args: readonly string[]
}

export interface FakeBus extends AsyncDisposable {
  readonly calls: readonly StrictCall[]
  /** What came and was no D-Bus; "" while there was none. */
  readonly complaint: string
  /** Connections that are open now. */
  readonly open: number
}

const PROOF = '\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n'
type Field = 'path' | 'interface' | 'member' | 'destination' | 'signature'
const FIELD_NAMES: Readonly<Record<number, readonly [Field, string]>> = {
  1: ['path', 'o'],
  2: ['interface', 's'],
  3: ['member', 's'],
  6: ['destination', 's'],
  8: ['signature', 'g'],
}

/** Calls in bytes, held against the specification word by word. @throws Error saying what is wrong */
function takeCall(bytes: Buffer): readonly [StrictCall, number] | undefined {
  const need = (is: boolean, what: string): void => {
    if (!is) throw new Error(what)
  }
  if (bytes.length < 16) return undefined
  need(bytes.toString('latin1', 0, 1) === 'l' && bytes[3] === 1, 'not little-endian, version 1')
  need(bytes[1] === 1 && bytes[2] === 2, 'not a call that starts nobody')
  const [bodyLength, serial, fieldsLength] = [4, 8, 12].map((at) => bytes.readUInt32LE(at))
  const bodyAt = Math.ceil((16 + fieldsLength!) / 8) * 8
  if (bytes.length < bodyAt + bodyLength!) return undefined
  const text = (at: number): readonly [string, number] => {
    const end = at + 4 + bytes.readUInt32LE(at)
    need(at % 4 === 0 && bytes[end] === 0, `no text at ${at}`)
    return [bytes.toString('utf8', at + 4, end), end + 1]
  }
  const found: { [name in Field]?: string } = {}
  for (let at = 16; at < 16 + fieldsLength!; ) {
    at = Math.ceil(at / 8) * 8
    const [name, type] = FIELD_NAMES[bytes[at]!] ?? ['signature', '?']
    need(
      bytes[at + 1] === 1 && bytes.toString('latin1', at + 2, at + 4) === `${type}\0`,
      `field ${bytes[at]} of a wrong type`,
    )
    need(found[name] === undefined, `${name} twice`)
    if (type === 'g') {
      const end = at + 5 + bytes[at + 4]!
      need(bytes[end] === 0, 'no signature')
      ;[found[name], at] = [bytes.toString('latin1', at + 5, end), end + 1]
    } else [found[name], at] = text(at + 4)
  }
  const args: string[] = []
  let at = bodyAt
  for (const type of found.signature ?? '') {
    need(type === 's', `an argument of type ${type}`)
    const [arg, end] = text(Math.ceil(at / 4) * 4)
    args.push(arg)
    at = end
  }
  need(at === bodyAt + bodyLength!, 'a body that is not what its signature says')
  need(
    serial! > 0 && /^\/[\w/]*$/.test(found.path ?? '') && /^\w+$/.test(found.member ?? ''),
    'no serial, path or member',
  )
  const { path = '', interface: of = '', member = '', destination = '' } = found
  return [{ serial: serial!, path, interface: of, member, destination, args }, at]
}

/** A value with its type, to be written: `['s', 'loaded']`, `['t', 5n]`; 'v' wraps another. */
export type Written =
  | readonly ['s' | 'o', string]
  | readonly ['u' | 'i', number]
  | readonly ['t', bigint]
  | readonly ['b', boolean]
  | readonly ['v', Written]
  | readonly ['a{sv}', Readonly<Record<string, Written>>]

/** Writes values of D-Bus, in either order of bytes. */
export function written(values: readonly Written[], isLittle = true): Buffer {
  let all = Buffer.alloc(0)
  const add = (bytes: Buffer): void => {
    all = Buffer.concat([all, bytes])
  }
  const pad = (multiple: number): void => add(Buffer.alloc((multiple - (all.length % multiple)) % multiple))
  const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    if (isLittle) bytes.writeUInt32LE(value >>> 0)
    else bytes.writeUInt32BE(value >>> 0)
    return bytes
  }
  function write([type, value]: Written): void {
    if (type === 'v') {
      add(Buffer.from([value[0].length, ...Buffer.from(`${value[0]}\0`)]))
      write(value)
    } else if (type === 'a{sv}') {
      pad(4)
      const at = all.length
      add(u32(0))
      pad(8)
      const begin = all.length
      for (const [name, each] of Object.entries(value)) {
        pad(8)
        write(['s', name])
        write(['v', each])
      }
      all.set(u32(all.length - begin), at)
    } else if (type === 't') {
      pad(8)
      const bytes = Buffer.alloc(8)
      if (isLittle) bytes.writeBigUInt64LE(value)
      else bytes.writeBigUInt64BE(value)
      add(bytes)
    } else {
      pad(4)
      if (typeof value === 'boolean') add(u32(value ? 1 : 0))
      else if (typeof value === 'number') add(u32(value))
      else add(Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(`${value}\0`)]))
    }
  }
  for (const value of values) write(value)
  return all
}

/** An answer to a call, or an error where `error` names one. */
export function reply(serial: number, values: readonly Written[], { error = '', isLittle = true } = {}): Buffer {
  const body = written(values, isLittle)
  const signature = values.map(([type]) => type).join('')
  const number = (value: number): Buffer => written([['u', value]], isLittle)
  const parts = [
    Buffer.concat([Buffer.from([5, 1, 0x75, 0]), number(serial)]),
    ...(error === '' ? [] : [Buffer.concat([Buffer.from([4, 1, 0x73, 0]), written([['s', error]], isLittle)])]),
    ...(signature === '' ? [] : [Buffer.from([8, 1, 0x67, 0, signature.length, ...Buffer.from(`${signature}\0`)])]),
  ]
  let fields = Buffer.alloc(0)
  for (const part of parts) fields = Buffer.concat([fields, Buffer.alloc((8 - (fields.length % 8)) % 8), part])
  const head = Buffer.from([isLittle ? 0x6c : 0x42, error === '' ? 2 : 3, 1, 1])
  const sizes = [body.length, serial + 1000, fields.length].map(number)
  return Buffer.concat([head, ...sizes, fields, Buffer.alloc((8 - (fields.length % 8)) % 8), body])
}

/** Listens at a path until it is disposed. */
export async function startFakeBus(path: string, script: BusScript): Promise<FakeBus> {
  const calls: StrictCall[] = []
  const open = new Set<Socket>()
  let complaint = ''
  const send = script.send ?? ((socket, bytes) => void socket.write(bytes))

  function converse(socket: Socket): void {
    let waiting: Buffer = Buffer.alloc(0)
    let isKnown = false
    function take(): void {
      if (!isKnown) {
        if (waiting.length < PROOF.length) return
        if (waiting.toString('latin1', 0, PROOF.length) !== PROOF) throw new Error('another proof')
        waiting = waiting.subarray(PROOF.length)
        isKnown = true
        send(socket, Buffer.from(script.auth ?? 'DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n'))
      }
      for (let found = takeCall(waiting); found !== undefined; found = takeCall(waiting)) {
        const [call, length] = found
        waiting = waiting.subarray(length)
        calls.push(call)
        const answer = call.member === 'Hello' ? reply(call.serial, [['s', ':1.7']]) : script.answer?.(call)
        if (answer !== undefined) send(socket, answer)
      }
    }
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk])
      try {
        take()
      } catch (err) {
        complaint ||= String(err)
        socket.destroy()
      }
    })
  }

  const server = createServer(converse)
  await new Promise<void>((listening) => server.listen(path, listening))
  return {
    calls,
    get complaint() {
      return complaint
    },
    get open() {
      return open.size
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}
