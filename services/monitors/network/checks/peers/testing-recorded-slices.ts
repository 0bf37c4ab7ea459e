/** EndpointSlices that stand in a fixture's `asked.json`: "slices names NAMESPACE/SERVICE" and "slices slice NAMESPACE/NAME". */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type EndpointSlice, KubeAccessError, KubeUnreachableError } from '#kube'
import type { OpenSlices } from './slices-api.ts'

async function answered(root: string, question: string): Promise<unknown> {
  let all: unknown
  try {
    all = JSON.parse(await readFile(join(root, 'asked.json'), 'utf8'))
  } catch {
    // A test of hostile files writes anything there.
    all = {}
  }
  const one =
    typeof all === 'object' && all !== null ? (all as Record<string, { answer?: unknown }>)[question] : undefined
  if (one?.answer === undefined)
    throw new KubeUnreachableError(question, 'https://10.96.0.1:443', new Error('no answer'))
  return one.answer
}

/** With a token where the fixture has one, at `own/token`. */
export function recordedSlices(root: string): OpenSlices {
  return async () => {
    await readFile(join(root, 'own/token')).catch((cause: unknown) => {
      throw new KubeAccessError('/var/run/secrets/kubernetes.io/serviceaccount/token', 'ENOENT', cause)
    })
    return {
      namespace: 'node-doctor',
      names: async (namespace, service) =>
        (await answered(root, `slices names ${namespace}/${service}`)) as readonly string[],
      slice: async (namespace, name) =>
        (await answered(root, `slices slice ${namespace}/${name}`)) as EndpointSlice | undefined,
      close: () => undefined,
    }
  }
}
