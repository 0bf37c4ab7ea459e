/** Certificate and key, read again when their files change, as a secret that is renewed does. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { TlsFileError } from '../errors.ts'

export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
}

export interface TlsPair {
  readonly cert: Buffer
  readonly key: Buffer
  /** Changes when one of the files does. */
  readonly version: string
}

/** @throws TlsFileError when they cannot be read or do not belong together */
export async function readTlsPair({ certFile, keyFile }: TlsFiles): Promise<TlsPair> {
  try {
    // One after the other: where both cannot be read, it is always the same one that is named.
    const cert = await readFile(certFile)
    const key = await readFile(keyFile)
    // Not imported: that would decode every root certificate, 3 MiB, whether TLS is served or not.
    process.getBuiltinModule('node:tls').createSecureContext({ cert, key })
    return { cert, key, version: createHash('sha256').update(cert).update(key).digest('hex') }
  } catch (err) {
    throw new TlsFileError(certFile, keyFile, err)
  }
}
