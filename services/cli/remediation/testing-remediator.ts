/** A remediator's socket that answers as it is told: the real protocol over a real socket. */
import { BreakersResponse, type RemediatorServer, RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { type RpcServer, serveUnix } from '#rpc'
import { remediatorSocket } from './client.ts'

/** Nothing is held back. */
export const NOTHING_HELD = BreakersResponse.fromPartial({})

/** Below `dir`. What is not given is answered with nothing. */
export function serveRemediator(dir: string, answers: Partial<RemediatorServer>): Promise<RpcServer> {
  const implementation: RemediatorServer = {
    history: (_call, callback) => callback(null, { records: [], unusable: '', names: {} }),
    breakers: (_call, callback) => callback(null, NOTHING_HELD),
    plan: (_call, callback) => callback(null, { plans: [], unusable: '' }),
    approve: (_call, callback) => callback(null, { plan: undefined }),
    pause: (_call, callback) => callback(null, { running: undefined, replaced: undefined }),
    resume: (_call, callback) => callback(null, { ended: undefined }),
    reset: (_call, callback) => callback(null, { text: '' }),
    ...answers,
  }
  return serveUnix({
    path: remediatorSocket(dir),
    services: [{ definition: RemediatorService, implementation }],
    serving: () => true,
  })
}
