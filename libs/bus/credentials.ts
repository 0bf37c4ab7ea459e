/** What a consumer proves itself with, as the detector wrote it down. */
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { folderOf } from '#service-table'
import { BusCredentialsError } from './errors.ts'
import type { BusCredentials, BusTls } from './types.ts'

/** Beside the socket of the reader. No monitor has any. */
export function credentialsFile(runDir: string, service: string): string {
  return `${folderOf({ name: service, kind: 'core' }, runDir)}/bus.json`
}

/** The file's text and whose it is, of one and the same file. */
async function readOwned(path: string): Promise<{ readonly text: string; readonly owner: number }> {
  const file = await open(path, 'r')
  try {
    const { uid: owner } = await file.stat()
    return { text: await file.readFile('utf8'), owner }
  } finally {
    await file.close()
  }
}

/** @param owner who wrote the file: the server has to be his, whatever else the file says */
function parseCredentials({ text, owner }: { readonly text: string; readonly owner: number }): BusCredentials {
  const content: unknown = JSON.parse(text)
  if (typeof content !== 'object' || content === null) throw new Error('expected an object')
  const { url, seed, user, api, uid } = content as Readonly<Record<string, unknown>>
  if (typeof url !== 'string' || typeof seed !== 'string' || typeof user !== 'string')
    throw new Error('expected url, seed and user')
  if (uid !== undefined && uid !== owner)
    throw new Error(`it belongs to user ${owner} and speaks of a server of ${JSON.stringify(uid)}`)
  return { url, seed, user, ...(typeof api === 'string' && { api }), ...(typeof uid === 'number' && { uid }) }
}

/**
 * Reads them anew at each call. With an external server (`url` not empty) there are none to read.
 * @throws BusCredentialsError when the file is not there (yet) or not what it should be
 */
export function readCredentials(
  runDir: string,
  service: string,
  url = '',
  tls?: BusTls,
): () => Promise<BusCredentials> {
  if (url !== '') return () => Promise.resolve({ url, user: service, seed: '', ...(tls && { tls }) })
  const path = credentialsFile(runDir, service)
  return async () => {
    try {
      return parseCredentials(await readOwned(path))
    } catch (err) {
      throw new BusCredentialsError(path, err)
    }
  }
}

/** As much of libs/host's files as tells of a folder. */
export interface FolderWatch {
  watch(path: string, onChange: () => void, options: { signal: AbortSignal; lookMs: number }): Promise<void>
}

/** A net of the watch's own is not needed: whoever is connected has one. */
const NEVER_MS = 2 ** 30

/** Tells when a service's credentials may be others. Undefined with an external server, which has none to watch. */
export function watchCredentials(
  files: FolderWatch,
  runDir: string,
  service: string,
  url = '',
): ((onChange: () => void, signal: AbortSignal) => Promise<void>) | undefined {
  if (url !== '') return undefined
  const folder = dirname(credentialsFile(runDir, service))
  return (onChange, signal) => files.watch(folder, onChange, { signal, lookMs: NEVER_MS })
}
