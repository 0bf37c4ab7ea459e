/**
 * With which flags and settings of malloc a service runs: under `up`, in tests and benchmarks by this, in the image by the same
 * words, which a test compares (docs/dependencies.md has what each of them brings and costs).
 */

/** What keeps a Node process small, and keeps it so, at no price that could be measured. */
export const NODE_FLAGS = ['--max-semi-space-size=1', '--v8-pool-size=0'] as const
/** Less machine code, and up to half more CPU under load: where little is to do, and nobody waits for it. */
const CALM_FLAGS = ['--no-sparkplug', '--no-maglev'] as const
/** They send few requests, one after the other, look around twice a minute, or do one thing at a time. */
const CALM_SERVICES: readonly string[] = [
  'external-exporter',
  'host-actions',
  'k8s-exporter',
  'kubernetes',
  'network',
  'remediator',
]
/** Where no container bounds a process: half of the largest container's memory, which is what Node chooses inside it. */
export const HEAP_FLAG = '--max-old-space-size=96'
/** Freed memory goes back to the machine. */
export const NODE_ENV = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '16384', MALLOC_TOP_PAD_: '0' } as const

/**
 * Where so much is compiled at a start that V8's working memory, in pieces of 8 KiB, leaves holes that nothing fills: these go back at
 * once too, for an eighth more CPU of the start.
 */
export const COMPILING_ENV = { MALLOC_MMAP_THRESHOLD_: '8192' } as const
/** It has some hundred patterns. */
const COMPILING_SERVICES: readonly string[] = ['log']

/** The settings of a service, by its name. */
export function nodeEnvOf(service: string): Readonly<Record<string, string>> {
  return COMPILING_SERVICES.includes(service) ? { ...NODE_ENV, ...COMPILING_ENV } : NODE_ENV
}

/** The flags of a service, by its name; of several in one process those of all. */
export function nodeFlagsOf(service: string): readonly string[] {
  return CALM_SERVICES.includes(service) ? [...NODE_FLAGS, ...CALM_FLAGS] : NODE_FLAGS
}
