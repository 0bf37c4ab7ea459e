/** Ports for programs that are given theirs by number. */
import { createServer } from 'node:net'

/** Below those that the kernel gives to whoever asks for any. */
const FIRST = 20_000
const COUNT = 10_000

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Gives each port once. */
export type Ports = () => Promise<number>

/** Begins anywhere, so that two runs at a time hardly meet. */
export function createPorts(): Ports {
  let next = Math.floor(Math.random() * COUNT)
  return async () => {
    for (let tries = 0; tries < COUNT; tries++) {
      const port = FIRST + (next++ % COUNT)
      if (await isFree(port)) return port
    }
    throw new Error(`no port from ${FIRST} to ${FIRST + COUNT - 1} is free`)
  }
}
