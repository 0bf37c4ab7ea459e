/** An exporter in a process of its own, for tests that kill it: `node testing-partner-process.ts <socket>`; takes conditions, hangs on the rest. */
import { startPartner } from './testing-partner.ts'

const [path = ''] = process.argv.slice(2)
await startPartner(path, {
  answer: (request) => {
    process.stdout.write(`${request.sequence}\n`)
    return (request.status?.conditions.length ?? 0) > 0 ? { success: true } : 'hang'
  },
})
process.stdout.write('ready\n')
