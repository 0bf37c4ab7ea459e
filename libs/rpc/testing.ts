/** A detector's service to serve in tests, and the socket it is served on. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DetectorServer, DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { serveUnix } from './serve.ts'
import type { RpcServer, ServeOptions } from './types.ts'

export interface TestSocket extends AsyncDisposable {
  /** `<folder>/detector/detector.sock`; the folder of it does not exist yet. */
  readonly path: string
  serve(handlers?: Partial<DetectorServer>, options?: Partial<ServeOptions>): Promise<RpcServer>
}

function detector(handlers: Partial<DetectorServer>): DetectorServer {
  return {
    getNode: (_call, callback) => callback(null, { node: undefined }),
    listMonitors: (_call, callback) => callback(null, { monitors: [] }),
    check: () => undefined,
    clear: (_call, callback) => callback(null, { cleared: [] }),
    forget: (_call, callback) => callback(null, { ended: [] }),
    watchNode: (call) => call.end(),
    ...handlers,
  }
}

/** A folder of its own; everything served in it ends with it. */
export async function testSocket(): Promise<TestSocket> {
  const folder = await mkdtemp(join(tmpdir(), 'nd-rpc-'))
  const path = join(folder, 'detector', 'detector.sock')
  const servers: RpcServer[] = []
  return {
    path,
    async serve(handlers = {}, options = {}) {
      const server = await serveUnix({
        path,
        services: [{ definition: DetectorService, implementation: detector(handlers) }],
        serving: () => true,
        ...options,
      })
      servers.push(server)
      return server
    },
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server.close(0)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
