/** The fake API server by itself: `node main.ts --help`. */
import { randomBytes } from 'node:crypto'
import { HELP, parseCommandLine, UsageError } from './cli.ts'
import { startFakeApiServer } from './server.ts'
import { renderRequest } from './tell.ts'

const ANONYMOUS = {
  all: 'all',
  read: [{ verbs: ['get', 'list', 'watch'], resources: ['*'] }],
  nothing: [],
} as const

async function main(args: readonly string[]): Promise<void> {
  const line = parseCommandLine(args)
  if (line === 'help') return console.log(HELP)
  const { token = randomBytes(16).toString('hex'), kubeconfig, anonymous, isQuiet } = line
  const { tls, ...options } = line.server
  const fake = await startFakeApiServer({
    ...options,
    ...(tls === undefined ? {} : { tls }),
    tokens: { [token]: { name: 'admin', rules: 'all' } },
    anonymous: ANONYMOUS[anonymous],
    hasControl: true,
    requestsMax: 1000,
    historyMax: 1000,
    onRequest(entry) {
      const text = isQuiet ? undefined : renderRequest(entry)
      if (text !== undefined) console.log(text)
    },
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void fake.close())
  try {
    if (kubeconfig !== undefined) await fake.writeKubeconfig(kubeconfig)
  } catch (err) {
    await fake.close()
    throw new UsageError(
      `--kubeconfig ${kubeconfig} cannot be written: ${err instanceof Error ? err.message : String(err)}`,
    )
  }
  const nodes = options.nodes?.join(', ') || 'none'
  console.log(`a fake Kubernetes API server listens at ${fake.url}; nodes: ${nodes}; to break it: ${fake.url}/_fake/`)
}

try {
  await main(process.argv.slice(2))
} catch (err) {
  const hint = err instanceof UsageError ? '; --help says what there is' : ''
  console.error(`fake API server: ${err instanceof Error ? err.message : String(err)}${hint}`)
  process.exitCode = err instanceof UsageError ? 2 : 1
}
