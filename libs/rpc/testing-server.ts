/** A server in a process of its own, for tests that kill it: `node testing-server.ts <socket>`; prints "ready". */
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { serveUnix } from './serve.ts'

const [path = ''] = process.argv.slice(2)
await serveUnix({
  path,
  services: [
    {
      definition: DetectorService,
      implementation: {
        getNode: (_call: unknown, callback: (err: null, response: object) => void) => callback(null, {}),
      },
    },
  ],
  serving: () => true,
})
process.stdout.write('ready\n')
