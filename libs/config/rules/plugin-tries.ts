/** How a plug-in is asked again: waits that contradict each other, and keys of the other form of external-monitor files. */
import { renderDuration } from '../duration.ts'
import { child, type Tree } from '../tree/tree.ts'
import type { PluginEntry } from '../types.ts'
import type { Run, Spot } from '../walk/run.ts'
import { type Placed, spotOf } from './spot.ts'

/** What each key of the other form is written in place of. */
const SAME_AS = [
  { key: 'reconnectInterval', section: 'retryPolicy', names: ['initialBackoff', 'maxBackoff', 'backoffMultiplier'] },
  { key: 'maxReconnectAttempts', section: 'retryPolicy', names: ['maxAttempts'] },
  { key: 'healthCheckInterval', section: 'healthCheck', names: ['interval'] },
] as const

const IDLE = ['bufferSize', 'rules'] as const

type Waits = Pick<PluginEntry['retryPolicy'], 'initialBackoffMs' | 'maxBackoffMs'>

/** The first wait may not be longer than the longest. @param spot of what holds `retryPolicy`. */
export function checkWaits({ initialBackoffMs, maxBackoffMs }: Waits, spot: Spot, node: Tree, run: Run): void {
  const policy = child(node, 'retryPolicy')
  if (initialBackoffMs <= maxBackoffMs || policy === undefined) return
  const at = (key: string) => spotOf(spot, node, 'retryPolicy', key)
  if (run.hasFault(at('initialBackoff').path) || run.hasFault(at('maxBackoff').path)) return
  const [first, longest] = [renderDuration(initialBackoffMs), renderDuration(maxBackoffMs)]
  const isWritten = (key: string) => child(policy, key) !== undefined
  if (isWritten('initialBackoff')) {
    const limit = isWritten('maxBackoff') ? `maxBackoff ("${longest}")` : `maxBackoff, which is "${longest}" by default`
    run.fault(at('initialBackoff'), `"${first}" is longer than ${limit}; expected at most that`)
    return
  }
  const text = `"${longest}" is shorter than initialBackoff, which is "${first}" by default; expected at least that`
  run.fault(at('maxBackoff'), text)
}

/** What is said twice is a fault; what is read as something else, or not at all, is noted. */
function checkOtherForm({ spot, node }: Placed<PluginEntry>, run: Run): void {
  for (const { key, section, names } of SAME_AS) {
    if (child(node, key) === undefined) continue
    const twice = names.find((name) => child(child(node, section), name) !== undefined)
    const at = spotOf(spot, node, key)
    if (twice !== undefined)
      run.fault(at, `says the same as "${section}.${twice}", which is written too; expected one of them`)
    else run.note(at, `"${key}" is read as ${names.map((name) => `${section}.${name}`).join(', ')}`)
  }
  for (const key of IDLE)
    if (child(node, key) !== undefined) run.note(spotOf(spot, node, key), 'has no effect for external monitors')
}

export function checkPluginTries(plugins: readonly Placed<PluginEntry>[], run: Run): void {
  for (const plugin of plugins) {
    const { entry, spot, node } = plugin
    checkOtherForm(plugin, run)
    checkWaits(entry.retryPolicy, spot, node, run)
  }
}
