/** What the log says of a plug-in that answers for the first time over a connection, in the words that its owners look for. */
import { cleanText } from '#model'
import type { LinkOptions } from './session.ts'

/** @param apiVersion as it says itself; of nodedoctor.v1 that name */
export function logConnected({ known, log }: LinkOptions, version: string, apiVersion: string): void {
  if (known.origin === 'built-in') return
  log.info('Connected to external monitor', {
    monitor: known.name,
    socket: known.socket,
    version: cleanText(version, 64),
    apiVersion: cleanText(apiVersion, 40),
  })
}
