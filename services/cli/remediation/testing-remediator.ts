/** A remediator's socket that answers as it is told: the real protocol over a real socket. */
import { type RemediatorServer, RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { type RpcServer, serveUnix } from '#rpc'
import { remediatorSocket } from './client.ts'

/** Below `dir`. What is not given is answered with nothing. */
export function serveRemediator(dir: string, answers: Partial<RemediatorServer>): Promise<RpcServer> {
  const implementation: RemediatorServer = {
    history: (_call, callback) => callback(null, { records: [], unusable: '' }),
    breakers: (_call, callback) => callback(null, { breakers: [], budgets: [], paused: undefined }),
    plan: (_call, callback) => callback(null, { plans: [] }),
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
