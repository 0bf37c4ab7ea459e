/** What a consumer proves itself with, as the detector wrote it down. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BusCredentialsError } from './errors.ts'
import type { BusCredentials } from './types.ts'

export function credentialsFile(runDir: string, service: string): string {
  return join(runDir, service, 'bus.json')
}

function parseCredentials(text: string): BusCredentials {
  const content: unknown = JSON.parse(text)
  if (typeof content !== 'object' || content === null) throw new Error('expected an object')
  const { url, seed, user, api } = content as Readonly<Record<string, unknown>>
  if (typeof url !== 'string' || typeof seed !== 'string' || typeof user !== 'string')
    throw new Error('expected url, seed and user')
  return typeof api === 'string' ? { url, seed, user, api } : { url, seed, user }
}

/**
 * Reads them anew at each call. With an external server (`url` not empty) there are none to read.
 * @throws BusCredentialsError when the file is not there (yet) or not what it should be
 */
export function readCredentials(runDir: string, service: string, url = ''): () => Promise<BusCredentials> {
  if (url !== '') return () => Promise.resolve({ url, user: service, seed: '' })
  const path = credentialsFile(runDir, service)
  return async () => {
    try {
      return parseCredentials(await readFile(path, 'utf8'))
    } catch (err) {
      throw new BusCredentialsError(path, err)
    }
  }
}
