/** Who answers at an address of this machine, before anything is said to it. */
import { connect } from 'node:net'
import { ErrorCode, NatsError } from 'nats'

export interface Ends {
  readonly localPort: number
  readonly remotePort: number
}

function failure(err: unknown): unknown {
  const isRefused = err instanceof Error && 'code' in err && err.code === 'ECONNREFUSED'
  // In the client's own words, which the caller's next step would have had.
  return isRefused ? NatsError.errorForCode(ErrorCode.ConnectionRefused, err) : err
}

/**
 * Opens a connection, waits for the first word of the server (until it has taken the connection nobody holds the other
 * end), asks about both ends and closes it. Nothing is sent.
 * @throws what the connection failed with, or an Error when nothing was said within `timeoutMs`
 */
export function askListener<T>(url: string, ask: (ends: Ends) => Promise<T>, timeoutMs: number): Promise<T> {
  const { hostname, port } = new URL(url)
  return new Promise<T>((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    const end = (settle: () => void) => {
      socket.destroy()
      settle()
    }
    socket.setTimeout(timeoutMs, () => end(() => reject(new Error(`${url} said nothing within ${timeoutMs} ms`))))
    socket.on('error', (err) => end(() => reject(failure(err))))
    socket.on('close', () => reject(new Error(`${url} closed the connection before it said anything`)))
    socket.once('data', () => {
      const { localPort = 0, remotePort = 0 } = socket
      ask({ localPort, remotePort }).then(
        (answer) => end(() => resolve(answer)),
        (err: unknown) => end(() => reject(err)),
      )
    })
  })
}
