/** What a consumer proves itself with, as the detector wrote it down. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BusCredentials } from './types.ts'

export function credentialsFile(runDir: string, service: string): string {
  return join(runDir, service, 'bus.json')
}

/**
 * Reads them anew at each call. With an external server (`url` not empty) there are none to read.
 * @throws when the file is not there (yet)
 */
export function readCredentials(runDir: string, service: string, url = ''): () => Promise<BusCredentials> {
  if (url !== '') return () => Promise.resolve({ url, user: service, seed: '' })
  return async () => JSON.parse(await readFile(credentialsFile(runDir, service), 'utf8')) as BusCredentials
}
