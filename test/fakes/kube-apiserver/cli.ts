/** The command line of the fake API server. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { FakeOptions, TlsPair } from './types.ts'

export const HELP = `A strict fake of a Kubernetes API server, for trying and testing without a cluster.

usage: node main.ts [options]

  --bind ADDRESS      address to listen at                     (default 127.0.0.1)
  --port PORT         port to listen at; 0 takes any           (default 6443)
  --node NAME         a node that is there at once; may be given several times
  --token TOKEN       of the one user who may do everything    (default: a new one at each start)
  --tls-cert FILE     PEM; with --tls-key it speaks HTTPS      (default: HTTP)
  --tls-key FILE
  --latency MS        time that each answer takes              (default 0)
  --kubeconfig FILE   is written for that user, with this server's address
  --anonymous WHAT    what may be done without a token: all, read or nothing (default all, since kubectl sends no token
                      over plain HTTP)
  --quiet             does not print a line for each write
  --help

Nodes, events, leases, pods with evictions, daemonsets, namespaces and service accounts are served as Kubernetes 1.37
serves them. Server-side apply, protobuf and YAML are not.

It can be broken while it runs, at /_fake/ (curl http://127.0.0.1:6443/_fake/ says how):

  curl -X POST http://127.0.0.1:6443/_fake/faults -d '{"verb":"patch","status":429,"retryAfter":5,"times":3}'
  curl -X POST http://127.0.0.1:6443/_fake/down -d '{"seconds":60}'
  curl -X DELETE http://127.0.0.1:6443/_fake/faults

examples:
  node main.ts --node worker-1 --kubeconfig /tmp/kubeconfig
  KUBECONFIG=/tmp/kubeconfig kubectl describe node worker-1
  curl http://127.0.0.1:6443/api/v1/nodes/worker-1
`

export interface CommandLine {
  readonly server: Pick<FakeOptions, 'bind' | 'port' | 'nodes' | 'latencyMs'> & { readonly tls: TlsPair | undefined }
  readonly token: string | undefined
  readonly kubeconfig: string | undefined
  readonly anonymous: 'all' | 'read' | 'nothing'
  readonly isQuiet: boolean
}

/** An error in what the user gave; its text says what is wanted. */
export class UsageError extends Error {}

/** @returns 'help' when that is asked for @throws UsageError */
export function parseCommandLine(args: readonly string[]): CommandLine | 'help' {
  const values = parsed(args)
  if (values.help === true) return 'help'
  const { bind, node, token, kubeconfig, anonymous = 'all' } = values
  if (anonymous !== 'all' && anonymous !== 'read' && anonymous !== 'nothing')
    throw new UsageError(`--anonymous is "${anonymous}"; it is all, read or nothing`)
  return {
    server: {
      bind: bind ?? '127.0.0.1',
      port: numberOf('--port', values.port, 6443, 65_535),
      nodes: [...new Set(node ?? [])],
      latencyMs: numberOf('--latency', values.latency, 0, 600_000),
      tls: readTls(values['tls-cert'], values['tls-key']),
    },
    token,
    kubeconfig,
    anonymous,
    isQuiet: values.quiet === true,
  }
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = {
    bind: text,
    port: text,
    node: { type: 'string', multiple: true },
    token: text,
    'tls-cert': text,
    'tls-key': text,
    latency: text,
    kubeconfig: text,
    anonymous: text,
    quiet: flag,
    help: flag,
  } as const
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (err) {
    throw new UsageError(err instanceof Error ? err.message : String(err))
  }
}

function numberOf(name: string, text: string | undefined, otherwise: number, max: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > max)
    throw new UsageError(`${name} is "${text}"; it is a whole number from 0 to ${max}`)
  return value
}

function readTls(cert: string | undefined, key: string | undefined): TlsPair | undefined {
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) throw new UsageError('--tls-cert and --tls-key go together; give both')
  const read = (name: string, path: string) => {
    try {
      return readFileSync(path, 'utf8')
    } catch (err) {
      throw new UsageError(`${name} ${path} cannot be read: ${err instanceof Error ? err.message : String(err)}`)
    }
  }
  return { cert: read('--tls-cert', cert), key: read('--tls-key', key) }
}
