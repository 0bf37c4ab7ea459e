/** The server's port on loopback: which is free, and who answers on it. */
import { connect, createServer } from 'node:net'

const ANSWER_TIMEOUT_MS = 500

/** Binds the port for a moment; 0 is any. Resolves with the port, rejects when it is taken. */
function bindOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      probe.close(() => resolve(bound))
    })
  })
}

/** The port itself if it is free, else another that is. */
export async function choosePort(port: number): Promise<number> {
  return bindOnce(port).catch(() => bindOnce(0))
}

/** A NATS server speaks first: `INFO {…}`. undefined when nobody does, or not in its way. */
export function serverNameAt(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const finish = (name?: string) => {
      socket.destroy()
      resolve(name)
    }
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const line = /^INFO (\{.*\})\s*\r?\n/.exec(text)?.[1]
      if (line !== undefined) finish(nameIn(line))
      else if (text.length > 16_384) finish()
    })
    socket.once('error', () => finish())
    socket.once('close', () => finish())
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish())
  })
}

function nameIn(info: string): string | undefined {
  try {
    const { server_name: name } = JSON.parse(info) as { server_name?: unknown }
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}
