/** The nkeys of the services: made once, kept beside the configuration, never in it. */
import { readFile } from 'node:fs/promises'
import { nkeys as untypedNkeys } from 'nats'
import { replaceFile } from '#durable'

export interface ServiceKeys {
  /** Secret: what the service proves itself with. */
  readonly seed: string
  readonly publicKey: string
}

/** The part of nkeys.js that is used; the client passes it on without types. */
interface KeyPair {
  getPublicKey(): string
  getSeed(): Uint8Array
}

const nkeys = untypedNkeys as { createUser(): KeyPair; fromSeed(seed: Uint8Array): KeyPair }

function keysOf(seed: string): ServiceKeys {
  return { seed, publicKey: nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey() }
}

/** Reads the keys, makes those that are missing, keeps all of them (0600). */
export async function loadKeys(path: string, services: readonly string[]): Promise<ReadonlyMap<string, ServiceKeys>> {
  let kept: Record<string, string> = {}
  try {
    kept = JSON.parse(await readFile(path, 'utf8')) as Record<string, string>
  } catch {
    // None yet, or damaged: new ones are as good, the services read theirs again.
  }
  const keys = new Map<string, ServiceKeys>()
  let made = false
  for (const service of services) {
    try {
      keys.set(service, keysOf(kept[service] ?? ''))
    } catch {
      keys.set(service, keysOf(new TextDecoder().decode(nkeys.createUser().getSeed())))
      made = true
    }
  }
  if (made) {
    const seeds = Object.fromEntries([...keys].map(([service, { seed }]) => [service, seed]))
    await replaceFile(path, JSON.stringify(seeds), { mode: 0o600 })
  }
  return keys
}
