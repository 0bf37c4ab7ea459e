/** `node testing-process.ts HOW WORDS…`: the command with a log monitor that fails as asked, beside a detector that is well. */
import { defineService, type Service } from '#service'
import { runNpd } from './run.ts'

const [how = '', ...words] = process.argv.slice(2)
let lives = 0

function service(name: string, create: () => Partial<Service>) {
  return async () =>
    defineService({
      name,
      description: name,
      config: () => undefined,
      create: () => ({
        rpc: [],
        start: () => Promise.resolve(),
        readiness: () => ({ ready: true, reason: '' }),
        stop: () => Promise.resolve(),
        ...create(),
      }),
    })
}

function failing(): Partial<Service> {
  lives++
  if (how === 'never-starts' || (how === 'starts-late' && lives < 3))
    return { start: () => Promise.reject(new Error('no room for its table')) }
  if (how === 'fails-later') return { failure: Promise.resolve(new Error('its reader died')) }
  if (how === 'hangs-at-stop') return { stop: () => new Promise<never>(() => undefined) }
  return {}
}

await runNpd(words, { detector: service('detector', () => ({})), log: service('log', failing) })
